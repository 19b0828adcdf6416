import type { Dtype } from '../dtype.ts'

/** To the worker: one file, whose buffer is transferred. */
export interface H5Request {
  readonly id: number
  readonly file: ArrayBuffer
}

/** From the worker: what is in the file, or one sentence why it cannot be read. */
export type H5Reply =
  | { readonly id: number; readonly type: 'done'; readonly file: H5File }
  | { readonly id: number; readonly type: 'refused'; readonly message: string }

/** The part of an HDF5 file that Keras uses. */
export interface H5File {
  readonly datasets: readonly H5Dataset[]
  readonly attributes: readonly H5Attribute[]
}

export interface H5Dataset {
  /** Names of the groups and of the dataset, separated by slashes, without one in front. */
  readonly path: string
  readonly shape: readonly number[]
  readonly dtype: Dtype
  readonly littleEndian: boolean
  /** Where in the file its numbers lie, or the numbers themselves when they were stored in chunks. */
  readonly data: { readonly at: number; readonly length: number } | Uint8Array<ArrayBuffer>
}

/** A text, or a list of texts, that a group carries. */
export interface H5Attribute {
  /** Path of the group; empty for the root. */
  readonly path: string
  readonly name: string
  readonly value: string | readonly string[]
}
