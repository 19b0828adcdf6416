import type { Skip } from '../forecast/types.ts'

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

/** Makes the function that answers every source with one outcome, whatever the caller's selectors throw. */
export function keyed<T, S, A>(
  { key: keyOf = () => '', reset: resetOf = () => false }: KeyOptions<T>,
  select: (source: T) => S,
  streams: KeyedStreams<S, A>,
): (source: T) => Answer<T, A | { readonly skipped: Skip }> {
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
