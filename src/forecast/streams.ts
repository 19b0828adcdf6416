import { quote } from '../quote.ts'
import { createPanel } from './experts/panel.ts'
import { createForecaster, type ModelView } from './forecaster.ts'
import type { CheckedStreamsOptions } from './options.ts'
import { invalid, readReading } from './reading.ts'
import { restoreStream, type StreamTree, saveStream } from './snapshot.ts'
import { type ForecasterOptions, HISTORY, type StreamState, startStream } from './stream.ts'
import { forgetNets } from './tracker.ts'
import { createTurns, type Turns } from './turns.ts'
import type { PushResult, Reading, Skip, SnapshotTree, Streams } from './types.ts'

/** What streams need of their model beyond {@link ModelView}. */
export interface StreamHost extends ModelView {
  readonly horizon: number
  readonly season: number | null
  /** Whether steps of the GRU are done at once. */
  readonly synchronous: boolean
  /** Changes with the weights: states saved under others are rebuilt. */
  readonly fingerprint: number
  /** `count` readings became grid steps of a stream that now has `steps`. */
  stepped(count: number, steps: number): void
  /** A reading was taken whose result comes later. */
  awaited(result: Promise<PushResult>): void
}

/** Streams and what is in them, for the model's refits. */
export interface StreamsRoom extends Streams {
  states(): StreamState[]
  /** The GRU is another: it must prove itself anew on all streams. */
  beginProbation(): void
}

/** One stream; its readings, and what is none, are taken in their order. */
interface Stream extends Turns<Reading | Skip, PushResult> {
  readonly state: StreamState
}

export function createStreams(
  host: StreamHost,
  options: CheckedStreamsOptions,
  left: () => void,
): StreamsRoom {
  const { horizon, season, synchronous } = host
  const forecasterOptions: ForecasterOptions = { horizon, season, ...options }
  const panel = createPanel(horizon, HISTORY)
  // Insertion order is order of use: the first key is the one longest unused. Topics come from outside: never an object.
  const streams = new Map<string, Stream>()
  let unknown = 0
  /** Streams that are forgotten and still answer what they have taken. */
  let leaving = 0
  let closed = false

  const open = (state: StreamState): Stream => {
    const forecaster = createForecaster(forecasterOptions, host, panel, state)
    const { counts } = state
    const tell = (before: number): void => {
      if (counts.accepted > before) host.stepped(counts.accepted - before, state.steps)
    }
    const take = (reading: Reading | Skip): PushResult | Promise<PushResult> => {
      if ('reason' in reading) {
        counts.invalid++
        return { skipped: reading }
      }
      const before = counts.accepted
      const result = forecaster.push(reading)
      if (result instanceof Promise) return result.finally(() => tell(before))
      tell(before)
      return result
    }
    return Object.assign(createTurns(take), { state })
  }

  const forget = (key: string, { state, last }: Stream): void => {
    streams.delete(key)
    // What it has taken is still answered, on lanes that are nobody else's until then.
    if (!last) {
      leave(state)
      return
    }
    leaving++
    void last.then(() => {
      leaving--
      leave(state)
    })
  }

  const leave = ({ gru, learner }: StreamState): void => {
    host.expert?.leave(gru)
    host.learner?.leave(learner)
  }

  /** The stream of a reading; undefined while too many others still answer for those that took their place. */
  const use = (key: string): Stream | undefined => {
    const known = streams.get(key)
    if (!known && streams.size + leaving >= 2 * options.maxStreams) return undefined
    const stream = known ?? open(startStream(key, forecasterOptions))
    if (known) streams.delete(key)
    streams.set(key, stream)
    evict()
    return stream
  }

  const evict = (): void => {
    while (streams.size > options.maxStreams) {
      const [oldest, evicted] = streams.entries().next().value!
      forget(oldest, evicted)
      options.onEvict?.(oldest)
    }
  }

  const tooMany = new Error(
    `${2 * options.maxStreams} streams are kept or still answer, twice as many as maxStreams`,
  )
  const overloaded: Skip = { reason: 'overloaded', message: tooMany.message, error: tooMany }

  const refuse = (key: string, skip: Skip): PushResult | Promise<PushResult> => {
    // A bad reading opens no stream: a flood of them cannot push good streams out.
    const known = streams.get(key)
    if (known) return known.take(skip)
    unknown++
    return { skipped: skip }
  }

  const take = (key: string, value: unknown, time: unknown): PushResult | Promise<PushResult> => {
    if (closed) return { skipped: invalid('the streams are closed') }
    if (typeof key !== 'string') return refuse('', invalid(`key must be a text, got ${typeof key}`))
    const reading = readReading(value, time)
    const result =
      'reason' in reading ? refuse(key, reading) : (use(key)?.take(reading) ?? { skipped: overloaded })
    if (result instanceof Promise) host.awaited(result)
    return result
  }

  return {
    synchronous,
    push(key, value, time) {
      if (!synchronous) return { skipped: invalid(LATER) }
      // What is done at once is no promise.
      return take(key, value, time) as PushResult
    },
    take: async (key, value, time) => take(key, value, time),
    reset(key) {
      const keys = key === undefined ? [...streams.keys()] : [key]
      let forgotten = 0
      for (const name of keys) {
        const stream = streams.get(name)
        if (!stream) continue
        forget(name, stream)
        forgotten++
      }
      return forgotten
    },
    keys: () => [...streams.keys()],
    counts: (key) => {
      const stream = streams.get(key)
      return stream && { ...stream.state.counts }
    },
    get size() {
      return streams.size
    },
    get invalid() {
      return unknown
    },
    states: () => [...streams.values()].map(({ state }) => state),
    beginProbation() {
      for (const { state } of streams.values()) forgetNets(state.tracker)
    },
    snapshot(): SnapshotTree {
      return {
        version: VERSION,
        horizon,
        coverages: [...options.coverages],
        period: options.period,
        fingerprint: host.fingerprint,
        streams: [...streams.values()].map(({ state }) => saveStream(state, host)),
      }
    },
    restore(snapshot) {
      const saved = checkSnapshot(snapshot, host, options)
      const sameWeights = saved.fingerprint === host.fingerprint
      const sameCoverages = saved.coverages.join() === options.coverages.join()
      const opened: StreamState[] = []
      try {
        for (const tree of saved.streams) {
          const fresh = startStream(tree.key, forecasterOptions)
          opened.push(fresh)
          const state = restoreStream(tree, fresh, sameWeights ? host : NONE, sameCoverages)
          if (!sameWeights) forgetNets(state.tracker)
          opened[opened.length - 1] = state
        }
      } catch (error) {
        // All or nothing: what was there before goes on untouched.
        for (const state of opened) leave(state)
        throw error
      }
      for (const state of opened) {
        const known = streams.get(state.key)
        if (known) forget(state.key, known)
        streams.set(state.key, open(state))
      }
      evict()
    },
    close() {
      closed = true
      for (const [key, stream] of streams) forget(key, stream)
      left()
    },
  }
}

/** Version of what `snapshot` gives. */
const VERSION = 3
/** Nets that no states were saved with. */
const NONE = { expert: null, learner: null }
const LATER = 'this model may run on a GPU and answers later: readings are given to take, not to push'

interface SavedStreams {
  readonly coverages: readonly number[]
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
    version: VERSION,
    horizon: host.horizon,
    period: options.period,
  }
  for (const [name, value] of Object.entries(expected)) {
    if (saved?.[name] !== value) {
      throw new Error(`saved streams have ${name} ${quote(saved?.[name])}, ${value} is needed`)
    }
  }
  const { coverages, streams } = saved
  if (!(Array.isArray(coverages) && Array.isArray(streams))) {
    throw new Error('saved streams have no lists of coverages and streams')
  }
  const unnamed = streams.findIndex((tree) => typeof tree?.key !== 'string')
  if (unnamed >= 0) throw new Error(`saved streams have no key at place ${unnamed}`)
  return saved as unknown as SavedStreams
}
