import type { SnapshotTree } from './types.ts'

/** A state of plain data as a tree of JSON values and copied arrays. */
export function copyPlain(value: unknown): SnapshotTree {
  if (ArrayBuffer.isView(value)) return (value as Float64Array).slice()
  if (Array.isArray(value)) return value.map(copyPlain)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, copyPlain(part)]))
  }
  return value as SnapshotTree
}

/**
 * A copy of a saved tree as a state of the same shape as `fresh`: the same names, types, and sizes of arrays.
 * @throws Error naming the part that is missing or does not fit
 */
export function restorePlain<T>(saved: unknown, fresh: T, where: string): T {
  if (ArrayBuffer.isView(fresh)) {
    const fits =
      ArrayBuffer.isView(saved) &&
      saved.constructor === fresh.constructor &&
      saved.byteLength === fresh.byteLength
    if (!fits) throw new Error(`saved ${where} does not fit`)
    return (saved as unknown as Float64Array).slice() as T
  }
  if (typeof fresh === 'object' && fresh !== null) {
    if (saved === undefined || saved === null) throw new Error(`saved ${where} is missing`)
    const fits = typeof saved === 'object' && !ArrayBuffer.isView(saved)
    if (!fits || Array.isArray(saved) !== Array.isArray(fresh)) throw new Error(`saved ${where} does not fit`)
    const parts = Object.entries(fresh).map(([name, part]) => {
      const own = Object.hasOwn(saved, name) ? (saved as { [name: string]: unknown })[name] : undefined
      return [name, restorePlain(own, part, `${where}.${name}`)] as const
    })
    return (Array.isArray(fresh) ? parts.map(([, part]) => part) : Object.fromEntries(parts)) as T
  }
  if (typeof saved !== typeof fresh) throw new Error(`saved ${where} does not fit`)
  return saved as T
}
