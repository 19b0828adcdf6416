import { Observable, type OperatorFunction, takeWhile } from 'rxjs'

/** Sources that may wait for their outcome, when nothing else is said. */
export const MAX_WAITING = 65_536

/** A source's place in the queue, or that of the source's end. */
interface Place {
  /** Set once it is known what to say. */
  notify?: () => void
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
 * Completion and errors of the source, of `answer` and of a promise come after what was under way before them.
 * Unsubscribing drops what waits.
 */
export function later<T, O>(
  answer: (source: T) => O | Promise<O>,
  overloaded: (source: T) => O,
  maxWaiting: number = MAX_WAITING,
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
