// What the HDF5 library may be made to do by a file, so that 64 MB over the file's size are never reached.

/** Bytes that may be copied out of a file's structure, in all. */
export const MAX_STRUCTURE: number = 8 * 2 ** 20
/** Numbers of one dataset stored in chunks, and of all of them: the library makes a list of them first. */
export const MAX_CHUNKED: number = 2 ** 20
export const MAX_CHUNKED_TOTAL: number = 2 ** 22
/** Numbers of one chunk, of which the library makes several copies. */
export const MAX_CHUNK: number = 2 ** 18
/** Groups and datasets. */
export const MAX_OBJECTS: number = 4000
/** Megabytes for the worker's objects. */
export const WORKER_HEAP_MB = 28
