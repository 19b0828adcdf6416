import { crc32 } from 'node:zlib'
import { whySynchronous } from '../engine/gpu/synchronous.ts'
import { createTrainer, type Trainer } from '../learn/client.ts'
import { netLayout } from '../learn/segment/net.ts'
import type { FitResult, SegmentSpec } from '../learn/segment/types.ts'
import { createGruExpert, type GruExpert } from './experts/gru.ts'
import { type OpenPool, openPool, type Place } from './experts/pool.ts'
import { length } from './history.ts'
import { createLanes } from './lanes.ts'
import { chooseTeachers, enoughSteps, fitJob } from './lesson.ts'
import { checkModelOptions, checkStreamsOptions } from './options.ts'
import { createSaid } from './ran.ts'
import { checkSavedModel } from './savedModel.ts'
import type { StreamState } from './stream.ts'
import { createStreams, type StreamHost, type StreamsRoom } from './streams.ts'
import { tell } from './tell.ts'
import type { ForecastModel, ForecastModelOptions, Training } from './types.ts'

/** A refit is due when the streams have grown by this factor, or by this many steps each. */
const GROWTH = 1.3
const STEPS = 1024
/** The worker rests at least this many times as long as the last fit took. */
const REST = 2
/** Factor by which a pool grows that may be on a GPU, which has to copy it. */
const GROWTH_OF_LANES = 1.5
const IDLE = { batch: 0, microseconds: 0 }

/**
 * Makes an untrained model; nothing runs before streams are opened on it.
 * @throws RangeError naming an impossible option and its value
 */
export function createForecastModel(options?: ForecastModelOptions): ForecastModel {
  return openForecastModel(options, createTrainer)
}

/** As {@link createForecastModel}; `openTrainer` opens the worker, at the first fit, and `open` the states of each version. */
export function openForecastModel(
  options: ForecastModelOptions | undefined,
  openTrainer: () => Trainer,
  open: OpenPool = openPool,
): ForecastModel {
  const { horizon, segment, hiddenSize, season, learn, seed, device } = checkModelOptions(options)
  const spec: SegmentSpec = { segment, horizon, hiddenSize }
  const net = netLayout(spec)
  const synchronous = whySynchronous(device)
  const place: Place = { device, synchronous, onDevice: () => changed(training) }
  const said = createSaid(place.onDevice)
  const lanes = createLanes(segment, synchronous === undefined ? GROWTH_OF_LANES : 1)
  const rooms = new Set<StreamsRoom>()
  const listeners = new Set<() => void>()
  /** Readings whose results come later, and what that has become of. */
  const awaited = new Set<Promise<void>>()
  const enough = enoughSteps(spec)

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
    for (const listener of listeners) tell(listener)
  }

  const adopt = (next: Float32Array, nextVersion: number): void => {
    const opened = createGruExpert(spec, next, nextVersion, (gru) => open(gru, lanes.count, place))
    // It still answers what it has been asked.
    void expert?.close()
    expert = opened
    said.adopt(opened)
    weights = next
    version = nextVersion
    fingerprint = crc32(new Uint8Array(next.buffer, next.byteOffset, next.byteLength))
  }

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
    const states = chooseTeachers(
      spec,
      [...rooms].flatMap((room) => room.states()),
    )
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
      const result = await trainer.fit(
        fitJob(spec, states, { weights, season, seed: (seed + version) % 2 ** 32 }),
        {
          signal,
          onProgress: ({ update, maxUpdates }) => changed({ state: 'fitting', share: update / maxUpdates }),
        },
      )
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
    synchronous: synchronous !== undefined,
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
    awaited(result) {
      const end = (): void => void awaited.delete(ended)
      const ended = result.then(end, end)
      awaited.add(ended)
    },
  }

  return {
    horizon,
    get device() {
      return said.now.device
    },
    get deviceReason() {
      return said.now.deviceReason
    },
    get load() {
      return expert?.load ?? IDLE
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
    async settle() {
      await Promise.all(awaited)
      await expert?.settle()
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
      const saved = checkSavedModel(snapshot, { horizon, segment, hiddenSize }, net.size)
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
      said.close()
      await trainer?.close()
      trainer = null
      await Promise.all(awaited)
      const last = expert
      expert = null
      await last?.close()
    },
  }
}
