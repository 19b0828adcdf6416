import type { FitMetrics } from '../forecast/fit/types.ts'
import { FormatError } from '../formats/error.ts'
import { fieldsOf } from '../formats/fields.ts'
import { FORECASTER_KEY } from '../formats/forecaster.ts'
import { parseJson, plain } from '../formats/json.ts'
import type { SegmentSpec } from '../learn/segment/types.ts'
import { quote } from '../quote.ts'
import { positive, whole } from './fitted-check.ts'
import { checkMetrics, writableMetrics } from './fitted-metrics.ts'

const VERSION = '1'
const SPEC_FIELDS = ['segment', 'horizon', 'hiddenSize', 'seasonal', 'scale', 'channels'] as const
const MAX_CHANNELS = 100_000
/** The last millisecond that a Date can be. */
const LAST_TIME = 8.64e15

/** What is known of a fitted model. */
export interface FittedFacts {
  /** Milliseconds per grid step; null where the history had no times. */
  readonly period: number | null
  /** null where the history was too short to hold any of it back. */
  readonly metrics: FitMetrics | null
  /** Milliseconds since the epoch, a whole number. */
  readonly fittedAt: number
}

/** What a file says of a forecaster beside its tensors. */
export interface FittedMetadata extends FittedFacts {
  readonly spec: SegmentSpec
}

/**
 * Texts by name: JSON but for the version.
 * @throws RangeError when a part is impossible
 */
export function writeMetadata(metadata: FittedMetadata): Record<string, string> {
  const { segment, horizon, hiddenSize, seasonal, scale, channels } = metadata.spec
  const { period, fittedAt } = metadata
  const spec = { segment, horizon, hiddenSize, seasonal, scale, channels }
  const metrics = metadata.metrics && writableMetrics(metadata.metrics)
  checkMetadata({ spec, period, metrics, fittedAt })
  return {
    [FORECASTER_KEY]: VERSION,
    spec: JSON.stringify(spec),
    period: JSON.stringify(period),
    metrics: JSON.stringify(metrics),
    fittedAt: JSON.stringify(fittedAt),
  }
}

/**
 * Reads what {@link writeMetadata} wrote, whatever else stands beside it.
 * @throws FormatError when it is of another version, or one part is missing or not JSON
 * @throws RangeError when a part is impossible
 */
export function readMetadata(metadata: ReadonlyMap<string, string>): FittedMetadata {
  const version = metadata.get(FORECASTER_KEY)
  if (version !== VERSION) {
    throw new FormatError(
      `the forecaster is of version ${quote(version)}; this program reads version ${VERSION}`,
    )
  }
  const part = (name: string): unknown => {
    const json = metadata.get(name)
    if (json === undefined) throw new FormatError(`the forecaster's metadata have no ${name}`)
    return plain(parseJson(new TextEncoder().encode(json), `the metadata's ${name}`))
  }
  return checkMetadata({
    spec: part('spec'),
    period: part('period'),
    metrics: part('metrics'),
    fittedAt: part('fittedAt'),
  })
}

function checkMetadata({
  spec,
  period,
  metrics,
  fittedAt,
}: Record<keyof FittedMetadata, unknown>): FittedMetadata {
  return {
    spec: checkSpec(spec),
    period: period === null ? null : positive('period', period),
    metrics: metrics === null ? null : checkMetrics(metrics),
    fittedAt: whole('fittedAt', fittedAt, 0, LAST_TIME),
  }
}

function checkSpec(value: unknown): SegmentSpec {
  const { segment, horizon, hiddenSize, seasonal, scale, channels } = fieldsOf('spec', value, SPEC_FIELDS)
  const hidden = whole('spec.hiddenSize', hiddenSize, 4, 512)
  if (hidden % 4 !== 0) throw new RangeError(`spec.hiddenSize must be a multiple of 4, got ${hidden}`)
  if (typeof seasonal !== 'boolean') {
    throw new RangeError(`spec.seasonal must be true or false, got ${quote(seasonal)}`)
  }
  if (scale !== 'fixed' && scale !== 'running') {
    throw new RangeError(`spec.scale must be fixed or running, got ${quote(scale)}`)
  }
  return {
    segment: whole('spec.segment', segment, 2, 512),
    horizon: whole('spec.horizon', horizon, 1, 1024),
    hiddenSize: hidden,
    seasonal,
    scale,
    channels: whole('spec.channels', channels, 0, MAX_CHANNELS),
  }
}
