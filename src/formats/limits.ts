// What is refused before anything is allocated. Files come from outside.

/** Bytes of a file, and of those beside it. */
export const MAX_FILE: number = 2 ** 30
/**
 * Bytes of everything unpacked from a file beyond its own size. Numbers of 16 bits become five times their bytes on the
 * way to a model: unpacked, decoded, packed.
 */
export const MAX_INFLATED_EXTRA: number = 8 * 2 ** 20
/** Bytes of a header: JSON, pickle, npy, graph without its weights. */
export const MAX_HEADER: number = 2 ** 20
export const MAX_TENSORS: number = 1000
export const MAX_DIMENSIONS: number = 8
/** Levels of nested containers. */
export const MAX_DEPTH: number = 32
