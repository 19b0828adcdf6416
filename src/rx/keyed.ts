import type { Skip } from '../forecast/types.ts'
import { MAX_WAITING } from './later.ts'

export interface KeyOptions<T> {
  /** Which stream a source belongs to. @default one stream, '' */
  readonly key?: (source: T) => string
  /** Whether a source is no reading but asks to forget its stream, or `'all'` of them. @default never */
  readonly reset?: (source: T) => boolean | 'all'
}

interface KeyedStreams<S, A> {
  /** Takes what was selected of a source. */
  take(key: string, selected: S): A
  /** Hears of a source that could not be read. */
  refuse?(key: string): void
  /** Forgets one stream, or all; returns how many there were. */
  reset(key?: string): number
}

/** One source and what became of it. */
export type Answer<T, A> = { readonly source: T; readonly key: string } & A

/** One source, and what became of it or the reason why nothing did. */
type Skippable<T, A> = Answer<T, A | { readonly skipped: Skip }>

/** Makes the function that answers every source with one outcome, whatever the caller's selectors throw. */
export function keyed<T, S, A>(
  { key: keyOf = () => '', reset: resetOf = () => false }: KeyOptions<T>,
  select: (source: T) => S,
  streams: KeyedStreams<S, A>,
): (source: T) => Skippable<T, A> {
  return (source) => {
    let key = ''
    let selected: S
    try {
      const reset = resetOf(source)
      if (reset === 'all') return { source, key, skipped: forgot(streams.reset()) }
      key = checkKey(keyOf(source))
      if (reset) return { source, key, skipped: forgot(streams.reset(key)) }
      selected = select(source)
    } catch (thrown) {
      streams.refuse?.(key)
      return { source, key, skipped: invalid(thrown) }
    }
    return { source, key, ...streams.take(key, selected) }
  }
}

/** As {@link keyed}, for streams that may take their time; what was asked for takes effect in order. */
export function keyedLater<T, S, A extends object>(
  options: KeyOptions<T>,
  select: (source: T) => S,
  streams: KeyedStreams<S, A | Promise<A>>,
): (source: T) => Skippable<T, A> | Promise<Skippable<T, A>> {
  const begin = keyed<T, S, { readonly begun: A | Promise<A> }>(options, select, {
    take: (key, selected) => ({ begun: streams.take(key, selected) }),
    refuse: streams.refuse,
    reset: streams.reset,
  })
  return (source) => {
    const answer = begin(source)
    if (!('begun' in answer)) return answer
    const { key, begun } = answer
    const ended = (result: A): Answer<T, A> => ({ source, key, ...result })
    return begun instanceof Promise ? begun.then(ended) : ended(begun)
  }
}

/** Makes the function that says of a source that too many others wait before it. */
export function overloaded<T>({
  key: keyOf = () => '',
}: KeyOptions<T>): (source: T) => Answer<T, { readonly skipped: Skip }> {
  const skipped = tooMuch(`${MAX_WAITING} sources already wait for their outcome`)
  return (source) => {
    try {
      return { source, key: checkKey(keyOf(source)), skipped }
    } catch {
      return { source, key: '', skipped }
    }
  }
}

/** Says that too much waits already. */
export function tooMuch(message: string): Skip {
  const error = new Error(message)
  return { reason: 'overloaded', message, error }
}

function checkKey(key: unknown): string {
  if (typeof key !== 'string')
    throw new TypeError(`key must be text, got ${key === null ? 'null' : typeof key}`)
  return key
}

function forgot(streams: number): Skip {
  return { reason: 'reset', message: `reset: ${streams} ${streams === 1 ? 'stream' : 'streams'} forgotten` }
}

/** Says what was thrown as the reason why a source has no answer. */
export function invalid(thrown: unknown): Skip {
  const error = thrown instanceof Error ? thrown : new TypeError(`a selector threw a ${typeof thrown}`)
  return { reason: 'invalid', message: error.message, error }
}
