import { quartiles } from './stats.mjs'

/** Of the contenders whose name begins with `family`, the one with the smallest median time. */
export function best(times, family) {
  const names = Object.keys(times).filter((name) => name.startsWith(family))
  const median = (name) => quartiles(times[name]).median
  return names.toSorted((a, b) => median(a) - median(b))[0]
}
