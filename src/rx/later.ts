import { Observable, type OperatorFunction, takeWhile } from 'rxjs'

/** Sources that may wait for their outcome, when nothing else is said. */
export const MAX_WAITING = 65_536
/** Numbers that they may hold together: 256 MB as float32. */
const MAX_NUMBERS = 2 ** 26

/** Room in memory for the numbers that sources hold while they wait. */
export interface Room {
  /**
   * Whether there is room for so many more of the source that is being asked about, which then holds them until it has
   * its outcome. One that needs more than there is at all gets it while no other holds any.
   */
  claim(numbers: number): boolean
  /** What was claimed since the last time. */
  claimed(): number
  giveBack(numbers: number): void
}

export function createRoom(max: number = MAX_NUMBERS): Room {
  let held = 0
  let fresh = 0
  return {
    claim(numbers) {
      if (held > 0 && held + numbers > max) return false
      held += numbers
      fresh += numbers
      return true
    },
    claimed() {
      const claimed = fresh
      fresh = 0
      return claimed
    },
    giveBack(numbers) {
      held -= numbers
    },
  }
}

/** A source's place in the queue, or that of the source's end. */
interface Place {
  /** Set once it is known what to say. */
  notify?: () => void
  /** Numbers that the source holds. */
  holds?: number
  next?: Place
}

/**
 * Asks for an answer to each source at once, and gives the answers in the order of the sources.
 *
 * ```
 * source   --a-b-c-----|
 * answers     a b---B
 *             A c-C
 * later    --A-----(BC)|
 * ```
 *
 * While `maxWaiting` sources wait, further ones are not asked about: `overloaded` says what they get, in their turn.
 * What `answer` claims of `room` is given back with the outcome.
 * Completion and errors of the source, of `answer` and of a promise come after what was under way before them.
 * Unsubscribing drops what waits.
 */
export function later<T, O>(
  answer: (source: T) => O | Promise<O>,
  overloaded: (source: T) => O,
  { maxWaiting = MAX_WAITING, room }: { readonly maxWaiting?: number; readonly room?: Room } = {},
): OperatorFunction<T, O> {
  return (source) =>
    new Observable<O>((subscriber) => {
      let first: Place | undefined
      let last: Place | undefined
      let waiting = 0

      const append = (): Place => {
        const place: Place = {}
        if (first && last) last.next = place
        else first = place
        last = place
        return place
      }
      const settle = (place: Place, notify: () => void): void => {
        place.notify = notify
        while (first?.notify) {
          const { notify: tell, next } = first
          first = next
          tell()
        }
      }
      const fail = (place: Place, error: unknown): void => settle(place, () => subscriber.error(error))
      const give = (place: Place, outcome: O): void =>
        settle(place, () => {
          waiting--
          room?.giveBack(place.holds ?? 0)
          subscriber.next(outcome)
        })

      // A source that emits all in one turn learns only so that nobody listens any more.
      const taking = source.pipe(takeWhile(() => !subscriber.closed)).subscribe({
        next(from) {
          const place = append()
          const full = waiting >= maxWaiting
          waiting++
          try {
            const outcome = full ? overloaded(from) : answer(from)
            place.holds = room?.claimed()
            if (outcome instanceof Promise) {
              outcome.then(
                (value) => give(place, value),
                (error) => fail(place, error),
              )
            } else give(place, outcome)
          } catch (error) {
            fail(place, error)
          }
        },
        error: (error) => fail(append(), error),
        complete: () => settle(append(), () => subscriber.complete()),
      })
      return () => {
        taking.unsubscribe()
        first = undefined
      }
    })
}
