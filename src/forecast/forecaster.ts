import type { GruExpert, GruOutput, GruPlace } from './experts/gru.ts'
import type { Panel, PanelStream } from './experts/panel.ts'
import { detectPeriod, type GridState, PERIOD_READINGS, placeOnGrid, startGrid } from './grid.ts'
import { isUsual, LEVEL } from './guard.ts'
import { append } from './history.ts'
import { forgetWaiting } from './mix.ts'
import { lookForPattern } from './pattern.ts'
import { type Ran, UNFITTED } from './ran.ts'
import { reasonOf } from './reason.ts'
import { aheadMessage, iso, skipMessage } from './skips.ts'
import { cutChanges, learnSpread, spreadUnit } from './spread.ts'
import { type ForecasterOptions, type StreamState, startStream } from './stream.ts'
import { createTracker, EXPERTS, type Tracker } from './tracker.ts'
import type { Forecast, PushResult, Reading, Skip } from './types.ts'

/** What the model lends to a stream for one reading. */
export interface ModelView {
  /** Null until the first fit. */
  readonly expert: GruExpert | null
  /** Whether it was put in with a skill above 0, on data that it had not seen. */
  readonly proven: boolean
  /** The net that learns on from there; null where none does. */
  readonly learner: GruExpert | null
}

/** Most grid steps of a gap that are filled: longer ones say more about the sensor than an interpolation can. */
const MAX_MISSING = 48

/** One stream: takes readings in, gives a forecast or the reason why there is none. */
export interface Forecaster {
  readonly state: StreamState
  /** At once, or later where the GRU answers later; then the next reading is given when this one has its result. */
  push(reading: Reading): PushResult | Promise<PushResult>
}

export function createForecaster(
  options: ForecasterOptions,
  model: ModelView,
  panel: Panel,
  state: StreamState,
): Forecaster {
  const { horizon, warmUp, coverages } = options
  let tracker: Tracker = createTracker(horizon, coverages, state.tracker)
  /** Steps of the GRU that it will answer later. */
  let unanswered: Promise<unknown>[] = []
  /** What ran the newest step: weights may be replaced before they have answered. */
  let ran: Ran = UNFITTED
  /** The newest value as it was read. */
  let last = Number.NaN
  /** Without a period, as many readings as it takes to detect one. */
  const needed = options.period === null ? Math.max(warmUp, PERIOD_READINGS) : warmUp
  const changes = EXPERTS.map(() => new Float64Array(horizon))
  const simple = changes.slice(0, -2)
  const [gruChanges, learnerChanges] = changes.slice(-2)

  /** One grid step: older forecasts mature, the value becomes history, and with `issue` a forecast is made. */
  const advance = (value: number, observed: boolean, issue: boolean): void => {
    const { history, spread, guard } = state
    last = value
    tracker.open()
    if (observed) tracker.mature(value)
    const before = history.end > history.first ? history.values[history.end - 1] : value
    const { run } = guard
    const usual = !observed || isUsual(guard, spread, value, before)
    if (run === LEVEL - 1 && guard.run === 0) forgetWaiting(state.tracker.mix)
    const believed = usual ? value : before
    if (usual) learnSpread(spread, value)
    append(history, believed, observed && usual)
    state.steps++
    state.sinceRestart++
    if (observed && usual) tracker.weigh(history)
    lookForPattern(state.pattern, history, state.steps)
    const stream = panelStream()
    panel.learn(state.panel, stream)
    if (issue) panel.forecast(state.panel, stream, simple)
    const answers: Promise<void>[] = []
    const gru = step(model.expert, state.gru, issue, answers)
    const learner = step(model.learner, state.learner, issue, answers)
    if (model.expert) ran = model.expert
    const { proven } = model
    const seal = (): void => {
      fill(gruChanges, gru)
      fill(learnerChanges, learner)
      for (const said of changes) cutChanges(spread, believed, said)
      tracker.issue({ last: value, believed, run: guard.run, changes, gru, learner, proven })
    }
    if (!issue) tracker.skip()
    else if (answers.length === 0) seal()
    else answers.push(Promise.all(answers.splice(0)).then(seal))
    unanswered.push(...answers)
  }

  /** Steps a net, if there is one; returns what it says, null where it is silent. */
  const step = (
    net: GruExpert | null,
    place: GruPlace,
    issue: boolean,
    answers: Promise<void>[],
  ): GruOutput | null => {
    if (!net) return null
    // Before it has seen one whole segment, the net would look at little but a repeated first value.
    const out = issue && state.sinceRestart >= net.model.spec.segment ? outputOf(horizon) : null
    const answer = net.step(state, place, out)
    if (answer) answers.push(answer)
    return out
  }

  /** The regular pattern: as it is given, or as a fit that knew this stream or its own values have shown. */
  const season = (): number =>
    options.season ?? ((state.gru.unit > 0 && state.gru.season) || state.pattern.season)

  const panelStream = (): PanelStream => {
    const { history, spread, grid } = state
    return {
      history,
      unit: spreadUnit(spread),
      // A period that was detected is followed: by it, time is no count of steps.
      index: grid && options.period !== null ? Math.round(grid.cutoff / grid.period) : state.steps,
      season: season(),
    }
  }

  const begin = (reading: Reading, issue = true): void => {
    state.pending = []
    state.history.first = state.history.end
    state.sinceRestart = 0
    state.gru.made.fill(0)
    state.learner.made.fill(0)
    tracker.clear()
    state.counts.accepted++
    advance(reading.value, true, issue)
  }

  /** Places a reading on the known grid; null when it became a step. */
  const place = (grid: GridState, reading: Reading): Skip | null => {
    const { history, counts } = state
    const placement = placeOnGrid(grid, reading.time, MAX_MISSING, options.period === null)
    switch (placement.kind) {
      case 'restart':
        counts.restarts++
        begin(reading)
        return null
      case 'ahead':
        counts.ahead++
        state.pending = [reading]
        return { reason: 'ahead', message: aheadMessage(reading, grid) }
      case 'resume': {
        const [ahead] = state.pending
        counts.ahead--
        counts.restarts++
        // The reading that confirms it follows at once.
        begin(ahead, false)
        return place(grid, reading)
      }
      case 'lost':
        counts.restarts++
        forget()
        return detect(reading)
      case 'step': {
        const from = history.values[history.end - 1]
        // Nothing is filled in on the way to a value like none before: by steps it would be believed.
        const to = isUsual({ ...state.guard }, state.spread, reading.value, from) ? reading.value : from
        const parts = placement.missing + 1
        for (let i = 1; i < parts; i++) {
          counts.filled++
          advance(from + ((to - from) * i) / parts, false, false)
        }
        counts.accepted++
        state.pending = []
        advance(reading.value, true, true)
        return null
      }
      default:
        counts[placement.kind]++
        return { reason: placement.kind, message: skipMessage(placement.kind, reading, grid) }
    }
  }

  /** All that was learned on a wrong grid is worthless. */
  const forget = (): void => {
    model.expert?.leave(state.gru)
    model.learner?.leave(state.learner)
    Object.assign(state, startStream(state.key, options), { counts: state.counts })
    tracker = createTracker(horizon, coverages, state.tracker)
  }

  /** Collects readings, whatever their order, until they tell the period: then they are all pending, in order. */
  const detect = (reading: Reading): Skip | null => {
    const { counts, pending } = state
    if (pending.some(({ time }) => time === reading.time)) {
      counts.duplicate++
      return { reason: 'duplicate', message: `reading of ${iso(reading.time)} was already taken in` }
    }
    pending.push(reading)
    if (pending.length < PERIOD_READINGS) return warming()
    pending.sort((a, b) => a.time - b.time)
    return null
  }

  const warming = (): Skip => {
    const have = state.grid ? state.steps : state.pending.length
    return {
      reason: 'warming',
      message: `warming up: ${have} of ${needed} readings`,
      progress: { have, need: needed },
    }
  }

  /** Readings so far apart that no forecast has ever met its truth: there is no error to make an interval of. */
  const tooFarApart = ({ period }: GridState): Skip => ({
    reason: 'warming',
    message: `no forecast has met its truth: readings are more than ${horizon} steps of ${period} ms apart`,
    progress: { have: 0, need: needed },
  })

  const forecast = (grid: GridState): Forecast => {
    const { key, counts } = state
    const said = tracker.read()
    return {
      key,
      cutoff: Math.round(grid.cutoff),
      period: grid.period,
      last,
      ...said,
      reason: reasonOf(said.experts, model.expert !== null),
      device: ran.device,
      deviceReason: ran.deviceReason,
      counts: { ...counts },
    }
  }

  /** The result of a reading that has become a step, or was skipped; later where the GRU answers later. */
  const conclude = (skip: Skip | null): PushResult | Promise<PushResult> => {
    if (unanswered.length > 0) return answers().then(() => conclude(skip))
    if (skip) return { skipped: skip }
    if (!state.grid || state.steps < needed) return { skipped: warming() }
    return tracker.scored ? { forecast: forecast(state.grid) } : { skipped: tooFarApart(state.grid) }
  }

  /** Takes in the readings that told the period, from the `next` one on: each when the one before has its forecast. */
  const takeIn = (
    grid: GridState,
    kept: readonly Reading[],
    next: number,
  ): PushResult | Promise<PushResult> => {
    for (let i = next; i < kept.length; i++) {
      if (unanswered.length > 0) return answers().then(() => takeIn(grid, kept, i))
      place(grid, kept[i])
    }
    return conclude(null)
  }

  const answers = (): Promise<unknown> => {
    const all = Promise.all(unanswered)
    unanswered = []
    return all
  }

  return {
    state,
    push(reading) {
      if (state.grid) return conclude(place(state.grid, reading))
      if (options.period !== null) {
        state.grid = startGrid(options.period, reading.time)
        begin(reading)
        return conclude(null)
      }
      const skip = detect(reading)
      if (skip) return { skipped: skip }
      const { pending } = state
      const grid = startGrid(detectPeriod(pending.map(({ time }) => time)), pending[0].time)
      state.grid = grid
      begin(pending[0])
      return takeIn(grid, pending, 1)
    },
  }
}

/** What a net says of the changes; NaN where it is silent. */
function fill(changes: Float64Array, said: GruOutput | null): void {
  if (said) changes.set(said.changes)
  else changes.fill(Number.NaN)
}

function outputOf(horizon: number): GruOutput {
  const part = (): Float32Array => new Float32Array(horizon)
  return { changes: part(), below: part(), above: part() }
}
