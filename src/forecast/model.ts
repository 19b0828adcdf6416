import { whySynchronous } from '../engine/gpu/synchronous.ts'
import { createTrainer } from '../learn/client.ts'
import { openFollower } from '../learn/follow/client.ts'
import type { FitResult, SegmentModel } from '../learn/segment/types.ts'
import { sameShape } from '../learn/segment/warm.ts'
import { createGruExpert, type GruExpert } from './experts/gru.ts'
import { openPool, type Place } from './experts/pool.ts'
import { openLearning } from './learning.ts'
import { commonSeason } from './lesson.ts'
import type { Means, OpenedModel } from './means.ts'
import { checkModelOptions, checkStreamsOptions } from './options.ts'
import { createSaid } from './ran.ts'
import { createRefits } from './refits.ts'
import { fingerprintOf, readSavedModel, saveModel } from './savedModel.ts'
import type { StreamState } from './stream.ts'
import { createStreams, type StreamHost, type StreamsRoom } from './streams.ts'
import { tell } from './tell.ts'
import type { ForecastModel, ForecastModelOptions, Training } from './types.ts'

/** Factor by which a pool grows that may be on a GPU, which has to copy it. */
const GROWTH_OF_LANES = 1.5
const IDLE = { batch: 0, microseconds: 0 }
const CLOSED = 'the forecast model is closed'

/**
 * Makes an untrained model; nothing runs before streams are opened on it.
 * @throws RangeError naming an impossible option and its value
 */
export function createForecastModel(options?: ForecastModelOptions): ForecastModel {
  return openForecastModel(options, { openTrainer: createTrainer, openFollower })
}

/** As {@link createForecastModel}, with other means than the package's own. */
export function openForecastModel(options: ForecastModelOptions | undefined, means: Means): OpenedModel {
  const { openTrainer, open = openPool, timed = true, paused = () => false } = means
  const settings = checkModelOptions(options)
  const { horizon, season, learn, seed, device, budget } = settings
  const synchronous = whySynchronous(device)
  const place: Place = { device, synchronous, onDevice: () => changed(training) }
  const said = createSaid(place.onDevice)
  const rooms = new Set<StreamsRoom>()
  const listeners = new Set<() => void>()
  /** Readings whose results come later, and what that has become of. */
  const awaited = new Set<Promise<void>>()

  let closed = false
  let expert: GruExpert | null = null
  let fitted: SegmentModel | null = null
  /** Whether what runs stems from a model that was put in, rather than fitted here from the start. */
  let adopted = false
  let version = 0
  let fingerprint = 0
  let tailSkill = 0
  const states = (): StreamState[] => [...rooms].flatMap((room) => room.states())

  // Where results come later, weights would change between two readings that are under way.
  const learning =
    learn && budget !== 0 && synchronous !== undefined && means.openFollower
      ? openLearning({
          openFollower: means.openFollower,
          openPool: (gru, lanes) => openPool(gru, lanes, place),
          states,
          seed,
          budget,
          timed,
        })
      : null

  const changed = (next: Training): void => {
    training = next
    for (const listener of listeners) tell(listener)
  }

  const swap = (
    model: SegmentModel,
    nextVersion: number,
    fromElsewhere: boolean,
    learned: SegmentModel = model,
  ): void => {
    const usual = season ?? (fromElsewhere ? commonSeason(model.channels) : null) ?? 0
    const opened = createGruExpert(model, nextVersion, {
      open: (gru, lanes) => open(gru, lanes, place),
      streams: states().length,
      growth: synchronous === undefined ? GROWTH_OF_LANES : 1,
      season: usual,
    })
    // It still answers what it has been asked.
    void expert?.close()
    expert = opened
    fitted = model
    said.adopt(opened)
    version = nextVersion
    fingerprint = fingerprintOf(model)
    learning?.begin(learned, nextVersion, usual)
  }

  const beginProbation = (): void => {
    for (const room of rooms) room.beginProbation()
  }

  const take = (teachers: readonly StreamState[], result: FitResult): void => {
    const { model, validationLoss } = result
    // Where nothing judged, a fit gives back what it started from.
    if (fitted && Number.isNaN(validationLoss)) return
    const another = !fitted || !sameShape(fitted.spec, model.spec)
    swap(model, version + 1, false)
    if (another) beginProbation()
    for (const state of teachers) state.taught = version
  }

  const refits = createRefits({
    plan: settings,
    openTrainer,
    timed,
    states,
    running: () => ({ model: fitted, version }),
    take,
    onChange: changed,
  })
  let training: Training = { state: 'waiting', have: 0, need: refits.need }

  const host: StreamHost = {
    horizon,
    get expert() {
      return expert
    },
    get learner() {
      return learning?.expert ?? null
    },
    synchronous: synchronous !== undefined,
    get fingerprint() {
      return fingerprint
    },
    get proven() {
      return adopted && tailSkill > 0
    },
    season,
    stepped(count, steps) {
      const waits = paused()
      refits.agenda.total += count
      learning?.stepped(count, waits)
      // What was put in knows more than the streams have shown.
      if (!learn || adopted || waits) return
      if (training.state === 'waiting' && steps > training.have && steps < training.need) {
        training = { ...training, have: steps }
      }
      refits.begin(steps)
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
    get fitted() {
      return fitted
    },
    get training() {
      return training
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    streams(streamsOptions) {
      if (closed) throw new Error(CLOSED)
      const room = createStreams(host, checkStreamsOptions(streamsOptions), () => rooms.delete(room))
      rooms.add(room)
      return room
    },
    adopt(model, skill) {
      if (closed) throw new Error(CLOSED)
      const { horizon: its } = model.spec
      if (its !== horizon)
        throw new RangeError(`the model forecasts ${its} steps ahead, ${horizon} are needed`)
      const before = fingerprint
      swap(model, version + 1, true)
      refits.cancel()
      adopted = true
      tailSkill = skill ?? 0
      if (fingerprint !== before) beginProbation()
      changed({ state: 'fitted', fits: version })
    },
    async whenRested() {
      await Promise.all([refits.rested(), learning?.rested()])
    },
    async settle() {
      await Promise.all(awaited)
      await expert?.settle()
    },
    snapshot() {
      const { total, due } = refits.agenda
      const learned = learning?.expert?.model ?? null
      return saveModel(settings, { fits: version, tailSkill, model: fitted, learned, adopted, total, due })
    },
    restore(snapshot) {
      if (rooms.size > 0) throw new Error('a model is restored before streams are opened on it')
      const saved = readSavedModel(snapshot, settings)
      if (saved.model) swap(saved.model, saved.fits, saved.adopted, saved.learned ?? undefined)
      adopted = saved.adopted
      Object.assign(refits.agenda, { total: saved.total, due: saved.due })
      tailSkill = saved.tailSkill
      if (saved.model) changed({ state: 'fitted', fits: version })
    },
    async close() {
      closed = true
      refits.cancel()
      for (const room of rooms) room.close()
      listeners.clear()
      said.close()
      await learning?.close()
      await refits.close()
      await Promise.all(awaited)
      const last = expert
      expert = null
      await last?.close()
    },
  }
}
