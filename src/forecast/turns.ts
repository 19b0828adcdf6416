/** Jobs carried out one after the other: at once while none is under way, else when those before it have ended. */
export interface Turns<S, T> {
  take(subject: S): T | Promise<T>
  /** Settles when the last one has ended, whatever came of it; undefined while none is under way. */
  readonly last: Promise<void> | undefined
}

export function createTurns<S, T>(job: (subject: S) => T | Promise<T>): Turns<S, T> {
  let last: Promise<void> | undefined
  return {
    take(subject) {
      const result = last ? last.then(() => job(subject)) : job(subject)
      if (!(result instanceof Promise)) return result
      const end = (): void => {
        if (last === mine) last = undefined
      }
      const mine = result.then(end, end)
      last = mine
      return result
    },
    get last() {
      return last
    },
  }
}
