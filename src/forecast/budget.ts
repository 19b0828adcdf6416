/** Updates of the net that learns on: how many are due, and how many there is time for. */
export interface Budget {
  /** So many readings were taken. */
  earn(readings: number): void
  /** Updates that may be made now. */
  due(): number
  /** So many updates were asked for. */
  ask(updates: number): void
  /** So many were made, in so many milliseconds. */
  spend(updates: number, milliseconds: number): void
}

/** Readings for an update: it has 14 chunks of 4 segments that end with new ones, so that each is looked at twice. */
const READINGS = 28
/** Most updates at once, so that a thread that several models share is free for the next soon. */
const MOST_UPDATES = 16
/** Milliseconds for a reading, and share of a core, where the caller says nothing. */
const USUAL = 1
const SHARE = 0.05
/** Milliseconds that an update is taken to cost before one was made. */
const FIRST_COST = 5
/** Share of the newest cost in its running mean. */
const LEARNED = 0.2

/**
 * @param perReading milliseconds of the training thread; null: as usual
 * @param timed whether time counts; if not, updates depend on readings alone
 */
export function createBudget(perReading: number | null, timed: boolean): Budget {
  let readings = 0
  /** Readings that have not been paid for yet. */
  let unpaid = 0
  let credit = 0
  let cost = FIRST_COST
  let paidAt = performance.now()

  const pay = (): void => {
    const now = performance.now()
    const earned =
      perReading === null ? Math.min(USUAL * unpaid, SHARE * (now - paidAt)) : perReading * unpaid
    credit = Math.min(credit + earned, MOST_UPDATES * cost)
    unpaid = 0
    paidAt = now
  }

  return {
    earn(count) {
      readings = Math.min(readings + count, MOST_UPDATES * READINGS)
      unpaid += count
    },
    due() {
      const wanted = Math.floor(readings / READINGS)
      if (wanted === 0 || !timed) return wanted
      pay()
      return Math.max(0, Math.min(wanted, Math.floor(credit / cost)))
    },
    ask(updates) {
      readings -= updates * READINGS
    },
    spend(updates, milliseconds) {
      credit -= milliseconds
      if (updates > 0) cost += LEARNED * (milliseconds / updates - cost)
    },
  }
}
