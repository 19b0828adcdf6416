import { whySynchronous } from '../engine/gpu/synchronous.ts'
import { createTrainer, type Trainer } from '../learn/client.ts'
import type { FitResult, SegmentModel } from '../learn/segment/types.ts'
import { sameShape } from '../learn/segment/warm.ts'
import { createAgenda } from './agenda.ts'
import { createGruExpert, type GruExpert } from './experts/gru.ts'
import { openPool, type Place } from './experts/pool.ts'
import { length } from './history.ts'
import { chooseTeachers, commonSeason, enough, fitJob, meanSkill } from './lesson.ts'
import type { Means, OpenedModel } from './means.ts'
import { checkModelOptions, checkStreamsOptions } from './options.ts'
import { createSaid } from './ran.ts'
import { fingerprintOf, readSavedModel, saveModel } from './savedModel.ts'
import type { StreamState } from './stream.ts'
import { createStreams, type StreamHost, type StreamsRoom } from './streams.ts'
import { tell } from './tell.ts'
import type { ForecastModel, ForecastModelOptions, Training } from './types.ts'

/** The worker rests at least this many times as long as the last fit took. */
const REST = 2
/** Factor by which a pool grows that may be on a GPU, which has to copy it. */
const GROWTH_OF_LANES = 1.5
const IDLE = { batch: 0, microseconds: 0 }
const CLOSED = 'the forecast model is closed'

/**
 * Makes an untrained model; nothing runs before streams are opened on it.
 * @throws RangeError naming an impossible option and its value
 */
export function createForecastModel(options?: ForecastModelOptions): ForecastModel {
  return openForecastModel(options, { openTrainer: createTrainer })
}

/** As {@link createForecastModel}, with other means than the package's own. */
export function openForecastModel(options: ForecastModelOptions | undefined, means: Means): OpenedModel {
  const { openTrainer, open = openPool, rest = REST } = means
  const settings = checkModelOptions(options)
  const { horizon, season, learn, seed, device } = settings
  const synchronous = whySynchronous(device)
  const place: Place = { device, synchronous, onDevice: () => changed(training) }
  const said = createSaid(place.onDevice)
  const rooms = new Set<StreamsRoom>()
  const listeners = new Set<() => void>()
  /** Readings whose results come later, and what that has become of. */
  const awaited = new Set<Promise<void>>()

  let trainer: Trainer | null = null
  let closed = false
  /** Ends the fit that is under way, whose result would come too late. */
  let fitting = new AbortController()
  let rested: Promise<void> = Promise.resolve()
  let expert: GruExpert | null = null
  let fitted: SegmentModel | null = null
  /** Whether what runs stems from a model that was put in, rather than fitted here from the start. */
  let adopted = false
  let version = 0
  let fingerprint = 0
  let tailSkill = 0
  /** Grid steps that a stream must have for the next fit. */
  const need = (): number => enough(settings, fitted, adopted)
  let training: Training = { state: 'waiting', have: 0, need: need() }
  const agenda = createAgenda(need())

  const states = (): StreamState[] => [...rooms].flatMap((room) => room.states())

  const changed = (next: Training): void => {
    training = next
    for (const listener of listeners) tell(listener)
  }

  const swap = (model: SegmentModel, nextVersion: number, fromElsewhere: boolean): void => {
    const opened = createGruExpert(model, nextVersion, {
      open: (gru, lanes) => open(gru, lanes, place),
      streams: states().length,
      growth: synchronous === undefined ? GROWTH_OF_LANES : 1,
      season: season ?? (fromElsewhere ? commonSeason(model.channels) : null) ?? 0,
    })
    // It still answers what it has been asked.
    void expert?.close()
    expert = opened
    fitted = model
    said.adopt(opened)
    version = nextVersion
    fingerprint = fingerprintOf(model)
  }

  const beginProbation = (judged: readonly StreamState[]): void => {
    const trusted = new Set(judged)
    for (const room of rooms) room.beginProbation(trusted)
  }

  const take = (teachers: readonly StreamState[], result: FitResult): void => {
    const { model, tailSkills, validationLoss } = result
    // Where nothing judged, a fit gives back what it started from.
    if (fitted && Number.isNaN(validationLoss)) return
    const another = !fitted || !sameShape(fitted.spec, model.spec)
    swap(model, version + 1, adopted)
    // It was better than what ran; where it is also better than naive, there is no more to prove.
    if (another) beginProbation(teachers.filter((_, i) => tailSkills[i] > 0))
    tailSkill = meanSkill(tailSkills)
    for (const [i, state] of teachers.entries()) {
      const own = tailSkills[i]
      state.tailSkill = Number.isNaN(own) ? null : own
      state.taught = version
    }
  }

  const refit = async (): Promise<void> => {
    const least = need()
    const teachers = chooseTeachers(least, states())
    if (!teachers.some(({ history }) => length(history) >= least)) {
      // Streams that began anew have lost their history: wait until one has enough again.
      agenda.due = agenda.total + least / 2
      return
    }
    fitting = new AbortController()
    const { signal } = fitting
    const started = performance.now()
    changed({ state: 'fitting', share: 0 })
    try {
      trainer ??= openTrainer()
      const result = await trainer.fit(
        fitJob(settings, teachers, fitted, adopted, (seed + version) % 2 ** 32),
        {
          signal,
          onProgress: ({ update, maxUpdates }) => {
            if (!signal.aborted) changed({ state: 'fitting', share: update / maxUpdates })
          },
        },
      )
      if (signal.aborted) return
      take(teachers, result)
      changed({ state: 'fitted', fits: version })
    } catch (error) {
      if (signal.aborted) return
      changed({ state: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
    } finally {
      agenda.rest(rest * (performance.now() - started))
      agenda.postpone(teachers.length, need())
    }
  }

  const host: StreamHost = {
    horizon,
    get expert() {
      return expert
    },
    learner: null,
    synchronous: synchronous !== undefined,
    get fingerprint() {
      return fingerprint
    },
    get tailSkill() {
      return tailSkill
    },
    season,
    stepped(count, steps) {
      agenda.total += count
      if (!learn || training.state === 'fitting') return
      if (steps < need()) {
        if (training.state === 'waiting' && steps > training.have) training = { ...training, have: steps }
        return
      }
      if (agenda.isDue) rested = refit()
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
      fitting.abort()
      adopted = true
      tailSkill = skill ?? 0
      if (fingerprint !== before) beginProbation([])
      agenda.postpone(states().length, need())
      changed({ state: 'fitted', fits: version })
    },
    whenRested: () => rested,
    async settle() {
      await Promise.all(awaited)
      await expert?.settle()
    },
    snapshot() {
      const { total, due } = agenda
      return saveModel(settings, { fits: version, tailSkill, model: fitted, adopted, total, due })
    },
    restore(snapshot) {
      if (rooms.size > 0) throw new Error('a model is restored before streams are opened on it')
      const saved = readSavedModel(snapshot, settings)
      if (saved.model) swap(saved.model, saved.fits, saved.adopted)
      adopted = saved.adopted
      agenda.total = saved.total
      agenda.due = saved.due
      tailSkill = saved.tailSkill
      if (saved.model) changed({ state: 'fitted', fits: version })
    },
    async close() {
      closed = true
      fitting.abort()
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
