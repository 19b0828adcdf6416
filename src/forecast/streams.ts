import {
  createForecaster,
  type Forecaster,
  type ForecasterOptions,
  type ModelView,
  type StreamState,
  startStream,
} from './forecaster.ts'
import type { CheckedStreamsOptions } from './options.ts'
import { invalid, readReading } from './reading.ts'
import { restoreStream, type StreamTree, saveStream } from './snapshot.ts'
import { aimAt } from './tracker.ts'
import type { Skip, SnapshotTree, Streams } from './types.ts'

/** What streams need of their model beyond {@link ModelView}. */
export interface StreamHost extends ModelView {
  readonly horizon: number
  readonly segment: number
  readonly season: number | null
  /** Changes with the weights: states saved under others are rebuilt. */
  readonly fingerprint: number
  takeLanes(): number
  giveLanes(base: number): void
  /** `count` readings became grid steps of a stream that now has `steps`. */
  stepped(count: number, steps: number): void
}

/** Streams and the forecasters in them, for the model's refits. */
export interface StreamsRoom extends Streams {
  forecasters(): Iterable<Forecaster>
}

export function createStreams(
  host: StreamHost,
  options: CheckedStreamsOptions,
  left: () => void,
): StreamsRoom {
  const { horizon, segment, season } = host
  const forecasterOptions: ForecasterOptions = { horizon, segment, season, ...options }
  // Insertion order is order of use: the first key is the one longest unused. Topics come from outside: never an object.
  const streams = new Map<string, Forecaster>()
  let unknown = 0
  let closed = false

  const open = (key: string): Forecaster =>
    createForecaster(forecasterOptions, host, startStream(key, forecasterOptions, host.takeLanes()))

  const forget = (key: string, forecaster: Forecaster): void => {
    streams.delete(key)
    host.giveLanes(forecaster.state.base)
  }

  const use = (key: string): Forecaster => {
    const known = streams.get(key)
    const forecaster = known ?? open(key)
    if (known) streams.delete(key)
    streams.set(key, forecaster)
    evict()
    return forecaster
  }

  const evict = (): void => {
    while (streams.size > options.maxStreams) {
      const [oldest, evicted] = streams.entries().next().value!
      forget(oldest, evicted)
      options.onEvict?.(oldest)
    }
  }

  const refuse = (key: string, skip: Skip): { skipped: Skip } => {
    // A bad reading opens no stream: a flood of them cannot push good streams out.
    const counts = streams.get(key)?.state.counts
    if (counts) counts.invalid++
    else unknown++
    return { skipped: skip }
  }

  return {
    push(key, value, time) {
      if (closed) return { skipped: invalid('the streams are closed') }
      if (typeof key !== 'string') return refuse('', invalid(`key must be a text, got ${typeof key}`))
      const reading = readReading(value, time)
      if ('reason' in reading) return refuse(key, reading)
      const forecaster = use(key)
      const { counts } = forecaster.state
      const before = counts.accepted
      const result = forecaster.push(reading)
      if (counts.accepted > before) host.stepped(counts.accepted - before, forecaster.state.steps)
      return result
    },
    reset(key) {
      const keys = key === undefined ? [...streams.keys()] : [key]
      let forgotten = 0
      for (const name of keys) {
        const forecaster = streams.get(name)
        if (!forecaster) continue
        forget(name, forecaster)
        forgotten++
      }
      return forgotten
    },
    keys: () => [...streams.keys()],
    counts: (key) => {
      const forecaster = streams.get(key)
      return forecaster && { ...forecaster.state.counts }
    },
    get size() {
      return streams.size
    },
    get invalid() {
      return unknown
    },
    forecasters: () => streams.values(),
    snapshot(): SnapshotTree {
      return {
        version: 1,
        horizon: host.horizon,
        segment: host.segment,
        coverage: options.coverage,
        period: options.period,
        fingerprint: host.fingerprint,
        streams: [...streams.values()].map(({ state }) => saveStream(state, host.expert)),
      }
    },
    restore(snapshot) {
      const saved = checkSnapshot(snapshot, host, options)
      const sameWeights = saved.fingerprint === host.fingerprint
      const opened: StreamState[] = []
      try {
        for (const tree of saved.streams) {
          const fresh = startStream(tree.key, forecasterOptions, host.takeLanes())
          opened.push(fresh)
          const state = restoreStream(tree, fresh, sameWeights ? host.expert : null)
          if (saved.coverage !== options.coverage) aimAt(state.tracker, options.coverage)
          opened[opened.length - 1] = state
        }
      } catch (error) {
        // All or nothing: what was there before goes on untouched.
        for (const { base } of opened) host.giveLanes(base)
        throw error
      }
      for (const state of opened) {
        const known = streams.get(state.key)
        if (known) forget(state.key, known)
        streams.set(state.key, createForecaster(forecasterOptions, host, state))
      }
      evict()
    },
    close() {
      closed = true
      for (const [key, forecaster] of streams) forget(key, forecaster)
      left()
    },
  }
}

interface SavedStreams {
  readonly coverage: number
  readonly fingerprint: number
  readonly streams: readonly StreamTree[]
}

function checkSnapshot(
  snapshot: SnapshotTree,
  host: StreamHost,
  options: CheckedStreamsOptions,
): SavedStreams {
  const saved = snapshot as { [name: string]: SnapshotTree }
  const expected = {
    version: 1,
    horizon: host.horizon,
    segment: host.segment,
    period: options.period,
  }
  for (const [name, value] of Object.entries(expected)) {
    if (saved?.[name] !== value) {
      throw new Error(`saved streams have ${name} ${String(saved?.[name])}, ${String(value)} is needed`)
    }
  }
  return saved as unknown as SavedStreams
}
