import type { Forecast, Outcome } from '../forecast/types.ts'

/** A topic as it is shown. */
export interface TopicState {
  readonly topic: string
  /** The newest one that gave a forecast, else the newest. */
  readonly outcome: Outcome<unknown>
  /** Alarms of its readings so far. */
  readonly alarms: number
  /** Whether one of the newest readings began an alarm. */
  readonly alarming: boolean
  /** Counts up with each reading of the topic. */
  readonly readings: number
}

/** What has come of the readings so far. */
export interface Tally {
  readonly readings: number
  readonly forecasts: number
  readonly invalid: number
  readonly alarms: number
  /** The newest reading that could not be used: its topic and why. */
  readonly newestInvalid?: { readonly topic: string; readonly message: string }
  /** Of all topics. */
  readonly newest?: Forecast
  /** In the order of their names. */
  topics(): readonly TopicState[]
  take(outcome: Outcome<unknown>): void
}

/** Readings for which an alarm stays marked, so that it is seen. */
const MARKED = 20

/** Counts outcomes and keeps the newest of each topic, for at most `maxTopics` of them, those longest silent making room. */
export function createTally(maxTopics: number): Tally {
  // Insertion order is order of use. Topics come from outside: never an object.
  const states = new Map<string, TopicState & { readonly alarmedAt: number }>()
  const counts = { readings: 0, forecasts: 0, invalid: 0, alarms: 0 }
  let sorted: readonly TopicState[] | undefined
  let newest: Forecast | undefined
  let newestInvalid: Tally['newestInvalid']

  return {
    get readings() {
      return counts.readings
    },
    get forecasts() {
      return counts.forecasts
    },
    get invalid() {
      return counts.invalid
    },
    get alarms() {
      return counts.alarms
    },
    get newest() {
      return newest
    },
    get newestInvalid() {
      return newestInvalid
    },
    topics() {
      sorted ??= [...states.values()].sort((a, b) => (a.topic < b.topic ? -1 : 1))
      return sorted
    },
    take(outcome) {
      const { key, forecast, skipped } = outcome
      counts.readings++
      const known = states.get(key)
      if (skipped?.error) {
        counts.invalid++
        newestInvalid = { topic: key, message: skipped.message }
        // It opens no line: a flood of unusable topics cannot push good ones out.
        return
      }
      const alarm = forecast?.anomaly?.flagged === true
      if (forecast) counts.forecasts++
      if (alarm) counts.alarms++
      newest = forecast ?? newest
      const readings = (known?.readings ?? 0) + 1
      const alarmedAt = alarm ? readings : (known?.alarmedAt ?? Number.NEGATIVE_INFINITY)
      states.delete(key)
      states.set(key, {
        topic: key,
        // A reading that came to nothing does not hide the last forecast.
        outcome: forecast || !known?.outcome.forecast ? outcome : known.outcome,
        alarms: (known?.alarms ?? 0) + Number(alarm),
        alarming: readings - alarmedAt < MARKED,
        readings,
        alarmedAt,
      })
      if (states.size > maxTopics) states.delete(states.keys().next().value!)
      sorted = undefined
    },
  }
}
