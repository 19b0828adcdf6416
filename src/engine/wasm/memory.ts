import type { Kernels } from './module.ts'

const PAGE = 65_536
const MAX_BYTES = 65_536 * PAGE

/** Values to which parts of the memory are aligned: a cache line. What a kernel writes past its end is less. */
export const LINE = 16

/**
 * Makes an instance's memory hold `values` values of 4 bytes; growing it detaches every view.
 * @throws RangeError naming what needs it when that is more than WebAssembly can address
 */
export function reserve({ memory }: Pick<Kernels, 'memory'>, values: number, what: string): void {
  const bytes = 4 * values
  if (bytes > MAX_BYTES) {
    throw new RangeError(`${what} need ${Math.ceil(bytes / 2 ** 20)} MiB of memory, more than 4096`)
  }
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE))
}
