import { ITEM_SIZE } from '../dtype.ts'
import type { Storage, Value } from './values.ts'

/** What a file of torch.save holds, in whichever of its containers. */
export interface Saved {
  readonly root: Value
  readonly littleEndian: boolean
  /** Bytes of a storage that `root` refers to, as many as it says. */
  bytesOf(storage: Storage): Uint8Array
}

/** Bytes that a storage takes. */
export function byteLength({ dtype, length }: Storage): number {
  return length * ITEM_SIZE[dtype]
}
