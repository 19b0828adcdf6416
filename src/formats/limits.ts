// What is refused before anything is allocated. Files come from outside.

/** Bytes of a file, of one beside it, and of everything unpacked from it beyond its own size. */
export const MAX_FILE: number = 2 ** 30
export const MAX_INFLATED_EXTRA: number = 32 * 2 ** 20
/** Bytes of a header: JSON, pickle, npy, graph without its weights. */
export const MAX_HEADER: number = 2 ** 20
export const MAX_TENSORS: number = 1000
export const MAX_DIMENSIONS: number = 8
/** Levels of nested containers. */
export const MAX_DEPTH: number = 32
