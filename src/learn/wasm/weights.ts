import { type Arena, BYTES } from './arena.ts'
import type { Block, Places } from './places.ts'

/** Weights and their gradients in memory, padded; padding is 0 and stays so under every optimiser. */
export interface Weights {
  /** Values of each, padding included. */
  readonly count: number
  readonly values: number
  readonly grads: number
  /** Addresses of the weight and of its gradient at an index of {@link Places}. */
  value(index: number): number
  grad(index: number): number
  load(packed: ArrayLike<number>): void
  /** Writes the weights over `packed`; what has no place is left as it is. */
  save(packed: Float32Array): Float32Array
  /** The gradients, packed; 0 for what has no place. */
  gradients(packed: Float32Array): Float32Array
  clear(): void
}

/** Makes room for all weights that have been given places. */
export function createWeights(arena: Arena, { blocks, size }: Places): Weights {
  const count = size()
  const values = arena.take(count)
  const grads = arena.take(count)
  return {
    count,
    values,
    grads,
    value: (index) => values + BYTES * index,
    grad: (index) => grads + BYTES * index,
    load(packed) {
      const memory = arena.view(values, count)
      for (const block of blocks) {
        each(block, (from, to) => {
          memory[to] = block.sign * packed[from]
        })
      }
    },
    save: (packed) => collect(blocks, arena.view(values, count), packed),
    gradients: (packed) => collect(blocks, arena.view(grads, count), packed),
    clear: () => void arena.view(grads, count).fill(0),
  }
}

function collect(blocks: readonly Block[], memory: Float32Array, packed: Float32Array): Float32Array {
  for (const block of blocks) {
    each(block, (from, to) => {
      packed[from] = block.sign * memory[to]
    })
  }
  return packed
}

function each(
  { rows, cols, from, fromStride, to, toStride }: Block,
  visit: (from: number, to: number) => void,
): void {
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) visit(from + row * fromStride + col, to + row * toStride + col)
  }
}
