import { crc32 } from 'node:zlib'
import { createTrainer, type Trainer } from '../learn/client.ts'
import { netLayout } from '../learn/segment/net.ts'
import type { FitJob, FitResult, FitSeries, SegmentSpec } from '../learn/segment/types.ts'
import { createGruExpert, firstLane, type GruExpert } from './experts/gru.ts'
import type { StreamState } from './forecaster.ts'
import { length } from './history.ts'
import { createLanes } from './lanes.ts'
import { checkModelOptions, checkStreamsOptions } from './options.ts'
import { scaleOf } from './scale.ts'
import { createStreams, type StreamHost, type StreamsRoom } from './streams.ts'
import type { ForecastModel, ForecastModelOptions, SnapshotTree, Training } from './types.ts'

/** Steps of history that one fit learns from, over all its streams: bounds its memory and the time of one pass. */
const FIT_STEPS = 32_768
const FIT_UPDATES = 400
/** A fit that takes longer gives what it has by then. */
const FIT_SECONDS = 30
/** A refit is due when the streams have grown by this factor, or by this many steps each. */
const GROWTH = 1.3
const STEPS = 1024
/** The worker rests at least this many times as long as the last fit took. */
const REST = 2

/**
 * Makes an untrained model; nothing runs before streams are opened on it.
 * @throws RangeError naming an impossible option and its value
 */
export function createForecastModel(options?: ForecastModelOptions): ForecastModel {
  return openForecastModel(options, createTrainer)
}

/** As {@link createForecastModel}; `openTrainer` opens the worker, at the first fit. */
export function openForecastModel(
  options: ForecastModelOptions | undefined,
  openTrainer: () => Trainer,
): ForecastModel {
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
  let version = 0
  let fingerprint = 0
  let tailSkill = 0
  let training: Training = { state: 'waiting', have: 0, need: enough }
  /** Grid steps of all streams, and how many make the next fit due. */
  let total = 0
  let due = enough
  let restUntil = 0

  const changed = (next: Training): void => {
    training = next
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        // A listener's fault must not end the fit, nor go unseen.
        process.emitWarning(error instanceof Error ? error : String(error))
      }
    }
  }

  const adopt = (next: Float32Array, nextVersion: number): void => {
    const opened = createGruExpert(spec, next, nextVersion, lanes.count)
    expert?.close()
    expert = opened
    weights = next
    version = nextVersion
    fingerprint = crc32(new Uint8Array(next.buffer, next.byteOffset, next.byteLength))
  }

  /** The streams that the next fit learns from: as many as there is room for, those first that waited longest. */
  const teachers = (): StreamState[] =>
    [...rooms]
      .flatMap((room) => [...room.forecasters()].map(({ state }) => state))
      .filter(({ history }) => length(history) >= segment + horizon)
      .sort((a, b) => a.taught - b.taught || length(b.history) - length(a.history))
      .slice(0, Math.max(1, Math.floor(FIT_STEPS / (2 * enough))))

  const seriesOf = ({ key, history, scale }: StreamState, steps: number): FitSeries => {
    const { values, observed, end } = history
    const first = Math.max(history.first, end - steps)
    return {
      key,
      values: values.slice(first, end),
      observed: observed.slice(first, end),
      scale: scaleOf(scale, values[end - 1]),
      season,
    }
  }

  const job = (states: readonly StreamState[]): FitJob => ({
    spec,
    weights,
    series: states.map((state) =>
      seriesOf(state, Math.max(2 * enough, Math.floor(FIT_STEPS / states.length))),
    ),
    seed: (seed + version) % 2 ** 32,
    maxUpdates: FIT_UPDATES,
    maxSeconds: FIT_SECONDS,
  })

  const take = (states: readonly StreamState[], result: FitResult): void => {
    adopt(result.weights, version + 1)
    tailSkill = 1 - result.validationLoss / result.naiveLoss
    for (const [i, state] of states.entries()) {
      const own = result.tailSkills[i]
      state.season = result.seasons[i]
      state.tailSkill = Number.isNaN(own) ? null : own
      state.taught = version
    }
  }

  const refit = async (): Promise<void> => {
    const states = teachers()
    if (!states.some(({ history }) => length(history) >= enough)) {
      // Streams that began anew have lost their history: wait until one has enough again.
      due = total + segment
      return
    }
    const { signal } = closing
    const started = performance.now()
    changed({ state: 'fitting', share: 0 })
    try {
      trainer ??= openTrainer()
      const result = await trainer.fit(job(states), {
        signal,
        onProgress: ({ update, maxUpdates }) => changed({ state: 'fitting', share: update / maxUpdates }),
      })
      if (signal.aborted) return
      take(states, result)
      changed({ state: 'fitted', fits: version })
    } catch (error) {
      if (signal.aborted) return
      changed({ state: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
    } finally {
      const now = performance.now()
      restUntil = now + REST * (now - started)
      due = Math.min(total * GROWTH, total + STEPS * states.length)
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
    get tailSkill() {
      return tailSkill
    },
    season,
    takeLanes() {
      const base = lanes.take()
      expert?.grow(lanes.count)
      return base
    },
    giveLanes: (base) => lanes.give(base),
    stepped(count, steps) {
      total += count
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
      tailSkill,
      weights: weights?.slice() ?? null,
      total,
      due,
    }),
    restore(snapshot) {
      if (rooms.size > 0) throw new Error('a model is restored before streams are opened on it')
      const saved = checkSnapshot(snapshot, { horizon, segment, hiddenSize }, net.size)
      if (saved.weights) adopt(saved.weights.slice(), saved.fits)
      total = saved.total
      due = saved.due
      tailSkill = saved.tailSkill
      if (saved.weights) changed({ state: 'fitted', fits: version })
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

interface SavedModel {
  readonly fits: number
  readonly tailSkill: number
  readonly weights: Float32Array | null
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
