export { mix, mixAfter, reset, unmix, unmixAfter, unreset } from './gates'
export { addOuter, product, tile } from './gemm'
export { drop, intervalError, rectify, scaleRows, unrectify } from './loss'
export { adam, descend, rmsprop, scale, sumOfSquares } from './optimise'
export { add, addColumnSums, pack, packTransposed } from './panels'

/** The first address that holds no constant, aligned to a cache line. */
export function begin(): usize {
  return (__heap_base + 63) & ~63
}
