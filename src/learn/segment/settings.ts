import { quote } from '../../quote.ts'
import { type SplitSeries, splitSeries } from './data.ts'
import { detectSeason, sharedSeason } from './season.ts'
import type { Channel, FitJob, SegmentSpec } from './types.ts'

/** Most steps of a segment that is chosen. */
const LONGEST = 48
/** Steps that a shorter season is repeated to reach. */
const SHORTEST = 12
/** Segment without a season. */
const USUAL = 24
/** Share by which a season may differ and still count as the same. */
const SAME = 0.1

/** What a fit is done with; the scale in `spec` is the job's, `auto` read as the checkpoint's, or `fixed`. */
export interface Settings {
  readonly spec: SegmentSpec
  readonly series: readonly SplitSeries[]
  readonly channels: readonly Channel[]
}

/**
 * Chooses what the job leaves open from what it may learn from, and splits its series.
 * @param asked called between series where seasons are to be found, which takes long; what it throws ends that
 * @throws RangeError when the checkpoint is of another net
 */
export function chooseSettings(job: FitJob, asked: () => void = () => {}): Settings {
  const { horizon, hiddenSize, scale, start, checkpoint } = job
  const known = job.series.map(({ values, trainEnd }) => values.subarray(0, trainEnd ?? values.length))
  const seasons = chooseSeasons(job, known, asked)
  const typical = middle(seasons)
  const before = middle(start?.channels.map(({ season }) => season) ?? [])
  const kept = start !== null && isStill(typical, before)
  const longest = Math.max(...known.map(({ length }) => length))
  const segment = job.segment ?? (kept ? start.spec.segment : chooseSegment(typical, horizon, longest))
  const spec: SegmentSpec = {
    segment,
    horizon,
    hiddenSize,
    seasonal: kept && start.spec.segment === segment ? start.spec.seasonal : typical > segment,
    scale: scale === 'auto' ? (checkpoint?.spec.scale ?? 'fixed') : scale,
    channels: job.series.length,
  }
  if (checkpoint) checkSame(checkpoint.spec, spec)
  const series = job.series.map((one, i) => splitSeries(one, seasons[i], spec.segment, horizon))
  return { spec, series, channels: series.map(({ key, unit, season }) => ({ key, unit, season })) }
}

function checkSame(found: SegmentSpec, expected: SegmentSpec): void {
  for (const key of Object.keys(expected) as (keyof SegmentSpec)[]) {
    if (found[key] === expected[key]) continue
    throw new RangeError(
      `the checkpoint is of another net: its ${key} is ${quote(found[key])}, not ${quote(expected[key])}`,
    )
  }
}

function chooseSeasons(
  { season, table }: FitJob,
  known: readonly Float64Array[],
  asked: () => void,
): number[] {
  const detect = (values: Float64Array): number => {
    asked()
    return detectSeason(values)
  }
  const common = season ?? (table ? sharedSeason(known, detect) : null)
  return known.map((values) => common ?? detect(values))
}

/** Whether a season is what it was, or no longer seen: then a model that goes on keeps its segment. */
function isStill(season: number, before: number): boolean {
  return season === 0 || Math.abs(season - before) <= SAME * before
}

/**
 * A season of up to 48 steps is one segment; a longer one is cut into the fewest parts, about equal, that are no longer
 * than that; one shorter than 12 is repeated. Too little history for that, or no season: 24, or what fits.
 */
export function chooseSegment(season: number, horizon: number, length: number): number {
  const most = Math.floor(length / 2) - horizon
  const wanted =
    season === 0 ? USUAL : season < SHORTEST ? season * Math.ceil(SHORTEST / season) : cut(season)
  if (wanted <= most) return wanted
  return Math.max(2, Math.min(USUAL, most))
}

/** An estimate may be a step off: a part of nearly the right length is worth more than one that divides it exactly. */
function cut(season: number): number {
  return Math.round(season / Math.ceil(season / LONGEST))
}

/** The median of those seasons that were found; 0 if none was. */
function middle(seasons: readonly number[]): number {
  const found = seasons.filter((season) => season > 0).sort((a, b) => a - b)
  return found.length > 0 ? found[found.length >> 1] : 0
}
