import { crc32 } from 'node:zlib'
import { createTrainer, type Trainer } from '../learn/client.ts'
import { netLayout } from '../learn/segment/net.ts'
import type { FitJob, FitResult, FitSeries, SegmentSpec } from '../learn/segment/types.ts'
import { createGruExpert, firstLane, type GruExpert } from './experts/gru.ts'
import { length } from './history.ts'
import { createLanes } from './lanes.ts'
import { checkModelOptions, checkStreamsOptions } from './options.ts'
import { scaleOf } from './scale.ts'
import { createStreams, type StreamHost, type StreamsRoom } from './streams.ts'
import type { ForecastModel, ForecastModelOptions, SnapshotTree, Training } from './types.ts'

/** Streams that one fit learns from, the most recently used. */
const FIT_STREAMS = 64
const FIT_UPDATES = 400
/** A refit is due when the streams have grown by this factor, or by this many steps each. */
const GROWTH = 1.5
const STEPS = 1024
/** The worker rests at least this many times as long as the last fit took. */
const REST = 2

/** Makes an untrained model; nothing runs before streams are opened on it. @throws RangeError naming an impossible option and its value */
export function createForecastModel(options?: ForecastModelOptions): ForecastModel {
  const { horizon, segment, hiddenSize, season, learn, seed } = checkModelOptions(options)
  const spec: SegmentSpec = { segment, horizon, hiddenSize }
  const net = netLayout(spec)
  const lanes = createLanes(firstLane(spec), segment)
  const rooms = new Set<StreamsRoom>()
  const listeners = new Set<() => void>()
  /** Grid steps of a stream that give the fit a training part and a tail. */
  const enough = 2 * (segment + horizon)

  let trainer: Trainer | null = null
  const closing = new AbortController()
  let weights: Float32Array | null = null
  let expert: GruExpert | null = null
  let seasons = new Map<string, number>()
  let version = 0
  let fingerprint = 0
  let training: Training = { state: 'waiting', have: 0, need: enough }
  /** Grid steps of all streams, and how many make the next fit due. */
  let total = 0
  let due = enough
  let restUntil = 0

  const changed = (next: Training): void => {
    training = next
    for (const listener of listeners) listener()
  }

  const adopt = (next: Float32Array, nextSeasons: Map<string, number>, nextVersion: number): void => {
    expert?.close()
    weights = next
    seasons = nextSeasons
    version = nextVersion
    fingerprint = crc32(new Uint8Array(next.buffer, next.byteOffset, next.byteLength))
    expert = createGruExpert(spec, next, nextVersion, lanes.count)
  }

  const series = (): FitSeries[] => {
    const states = [...rooms].flatMap((room) => [...room.forecasters()].map(({ state }) => state))
    return states
      .filter(({ history }) => length(history) >= segment + horizon)
      .slice(-FIT_STREAMS)
      .map(({ key, history: { values, observed, first, end }, scale }) => ({
        key,
        values: values.slice(first, end),
        observed: observed.slice(first, end),
        scale: scaleOf(scale, values[end - 1]),
        season,
      }))
  }

  const refit = async (): Promise<void> => {
    const job: FitJob = { spec, weights, series: series(), seed: seed + version, maxUpdates: FIT_UPDATES }
    if (!job.series.some(({ values }) => values.length >= enough)) {
      // Streams that began anew have lost their history: wait until one has enough again.
      due = total + segment
      return
    }
    const { signal } = closing
    const started = performance.now()
    changed({ state: 'fitting', share: 0 })
    try {
      trainer ??= createTrainer()
      const result = await trainer.fit(job, {
        signal,
        onProgress: ({ update, maxUpdates }) => changed({ state: 'fitting', share: update / maxUpdates }),
      })
      if (signal.aborted) return
      adopt(result.weights, keyed(job, result), version + 1)
      changed({ state: 'fitted', fits: version })
    } catch (error) {
      if (signal.aborted) return
      changed({ state: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
    } finally {
      const now = performance.now()
      restUntil = now + REST * (now - started)
      due = Math.min(total * GROWTH, total + STEPS * Math.max(1, job.series.length))
    }
  }

  const host: StreamHost = {
    horizon,
    segment,
    get expert() {
      return expert
    },
    get device() {
      return expert?.device ?? 'none'
    },
    get fingerprint() {
      return fingerprint
    },
    season: (key) => season ?? seasons.get(key) ?? 0,
    takeLanes() {
      const base = lanes.take()
      expert?.grow(lanes.count)
      return base
    },
    giveLanes: (base) => lanes.give(base),
    stepped(steps) {
      total++
      if (!learn || training.state === 'fitting') return
      if (steps < enough) {
        if (training.state === 'waiting' && steps > training.have) training = { ...training, have: steps }
        return
      }
      if (total >= due && performance.now() >= restUntil) void refit()
    },
  }

  return {
    horizon,
    get device() {
      return host.device
    },
    get version() {
      return version
    },
    get training() {
      return training
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    streams(streamsOptions) {
      if (closing.signal.aborted) throw new Error('the forecast model is closed')
      const room = createStreams(host, checkStreamsOptions(streamsOptions), () => rooms.delete(room))
      rooms.add(room)
      return room
    },
    snapshot: () => ({
      version: 1,
      horizon,
      segment,
      hiddenSize,
      fits: version,
      weights: weights?.slice() ?? null,
      seasons: [...seasons],
      total,
      due,
    }),
    restore(snapshot) {
      const saved = checkSnapshot(snapshot, { horizon, segment, hiddenSize }, net.size)
      total = saved.total
      due = saved.due
      if (saved.weights) {
        adopt(saved.weights.slice(), new Map(saved.seasons), saved.fits)
        changed({ state: 'fitted', fits: version })
      }
    },
    async close() {
      closing.abort()
      for (const room of rooms) room.close()
      listeners.clear()
      await trainer?.close()
      expert?.close()
      expert = null
      trainer = null
    },
  }
}

function keyed(job: FitJob, result: FitResult): Map<string, number> {
  return new Map(job.series.map(({ key }, i) => [key, result.seasons[i]]))
}

interface SavedModel {
  readonly fits: number
  readonly weights: Float32Array | null
  readonly seasons: readonly [string, number][]
  readonly total: number
  readonly due: number
}

function checkSnapshot(snapshot: SnapshotTree, spec: SegmentSpec, size: number): SavedModel {
  const saved = snapshot as { readonly [name: string]: SnapshotTree }
  for (const [name, value] of Object.entries({ version: 1, ...spec })) {
    if (saved?.[name] !== value)
      throw new Error(`saved model has ${name} ${String(saved?.[name])}, ${value} is needed`)
  }
  const { weights } = saved
  if (weights !== null && !(weights instanceof Float32Array && weights.length === size)) {
    throw new Error(`saved model must hold ${size} weights`)
  }
  return saved as unknown as SavedModel
}
