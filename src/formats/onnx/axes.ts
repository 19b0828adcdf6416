import { MAX_DIMENSIONS } from '../limits.ts'
import { charge, type Work } from './work.ts'

// Axes are followed by what they mean, not by their size, so that what a node does to them is known exactly.

/** Steps, rows of a batch, directions, units or outputs. Told apart by identity. */
export interface Atom {
  /** Never 1; undefined when only a run tells. */
  readonly size?: number
}

/** What runs along one axis, the slowest first; nothing along one of size 1. */
export type Group = readonly Atom[]

export type Axes = readonly Group[]

/** A new axis of that size. */
export function axis(size?: number): Group {
  return size === 1 ? [] : [{ size }]
}

/** Whether the same things run along both. */
export function same(a: Group, b: Group): boolean {
  return a.length === b.length && a.every((atom, i) => atom === b[i])
}

export function sizeOf(group: Group): number | undefined {
  let size = 1
  for (const atom of group) {
    if (atom.size === undefined) return undefined
    size *= atom.size
  }
  return size
}

/** `Transpose`; undefined when the permutation is none. */
export function permute(axes: Axes, order: readonly number[]): Axes | undefined {
  const isPermutation = order.length === axes.length && new Set(order).size === order.length
  return isPermutation && order.every((i) => axes[i]) ? order.map((i) => axes[i]) : undefined
}

/** `Squeeze`: without a list, every axis of size 1, which must be known then. */
export function squeeze(axes: Axes, list: readonly number[] | undefined): Axes | undefined {
  if (!list) {
    const known = axes.every((group) => sizeOf(group) !== undefined)
    return known ? axes.filter((group) => group.length > 0) : undefined
  }
  const drop = new Set(list.map((i) => (i < 0 ? i + axes.length : i)))
  // An axis of open size can only be squeezed where it is 1.
  const allowed = [...drop].every((i) => axes[i] && (sizeOf(axes[i]) ?? 1) === 1)
  return allowed ? axes.filter((_, i) => !drop.has(i)) : undefined
}

/** `Unsqueeze`: the list with `one` put at those places of the result. */
export function unsqueeze<T>(sizes: readonly T[], list: readonly number[], one: T): T[] | undefined {
  const rank = sizes.length + list.length
  if (rank > MAX_DIMENSIONS) return undefined
  const put = new Set(list.map((i) => (i < 0 ? i + rank : i)))
  if (put.size !== list.length || [...put].some((i) => !(i >= 0 && i < rank))) return undefined
  const rest = [...sizes]
  return Array.from({ length: rank }, (_, i) => (put.has(i) ? one : rest.shift()!))
}

/** A size asked for: a number, that of known atoms together, or whatever is left. */
export type Wanted = number | Group | 'rest'

/** What one step of the search for a regrouping costs, in numbers handled. */
const STEP = 16

/** `Reshape`, when there is one way only to see it as joining and parting axes; else undefined. */
export function regroup(axes: Axes, wanted: readonly Wanted[], work: Work): Axes | undefined {
  const rests = wanted.filter((size) => size === 'rest').length
  if (wanted.length > MAX_DIMENSIONS || rests > 1) return undefined
  const atoms = axes.flat()
  for (const strict of [true, false]) {
    const found = partitions(atoms, wanted, strict, work)
    if (found.length > 0) return found.length === 1 ? found[0] : undefined
  }
  return undefined
}

/** At most two ways to part atoms into groups of the sizes wanted; `strict` has a number fit known sizes only. */
function partitions(atoms: Group, wanted: readonly Wanted[], strict: boolean, work: Work): Axes[] {
  charge(work, STEP)
  if (wanted.length === 0) return atoms.length === 0 ? [[]] : []
  const [first, ...others] = wanted
  const found: Axes[] = []
  for (let end = 0; end <= atoms.length; end++) {
    const group = atoms.slice(0, end)
    if (!fits(group, first, strict)) continue
    for (const rest of partitions(atoms.slice(end), others, strict, work)) {
      found.push([group, ...rest])
      if (found.length > 1) return found
    }
  }
  return found
}

function fits(group: Group, wanted: Wanted, strict: boolean): boolean {
  if (wanted === 'rest') return true
  if (typeof wanted !== 'number') {
    return group.length === wanted.length && group.every((atom) => wanted.includes(atom))
  }
  const size = sizeOf(group)
  return size === undefined ? !strict && wanted !== 1 : size === wanted
}
