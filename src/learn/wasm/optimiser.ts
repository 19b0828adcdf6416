import { type AdamOptions, check, checkAdam } from '../adam.ts'
import type { Arena } from './arena.ts'
import type { Weights } from './weights.ts'

/** An optimiser in PyTorch's form, without weight decay. */
export type OptimiserOptions =
  | ({ readonly kind: 'adam' } & AdamOptions)
  | {
      readonly kind: 'sgd'
      /** @default 0.01 */
      readonly learningRate?: number
      /** 0: plain gradient descent. @default 0 */
      readonly momentum?: number
    }
  | {
      readonly kind: 'rmsprop'
      /** @default 0.01 */
      readonly learningRate?: number
      /** Memory of the mean squared gradient. @default 0.99 */
      readonly alpha?: number
      /** @default 1e-8 */
      readonly epsilon?: number
    }

/** Changes the weights by their gradients; it keeps its moments from step to step. */
export interface Optimiser {
  /** `learningRate` may vary from step to step. */
  step(learningRate?: number): void
}

/** Adam's means of the gradients and of their squares, padded as the weights are. */
export interface Moments {
  readonly mean: Float32Array
  readonly square: Float32Array
}

/** An optimiser whose moments can be taken and put back. */
export interface Adam extends Optimiser {
  save(): Moments
  /** @param steps that the moments have seen */
  restore(moments: Moments, steps: number): void
}

/**
 * Opens an optimiser on weights in memory.
 * @throws RangeError naming an option that cannot be used, and its value
 */
export function createOptimiser(arena: Arena, weights: Weights, options: OptimiserOptions): Optimiser {
  const { kernels } = arena
  const { count, values, grads } = weights
  switch (options.kind) {
    case 'adam':
      return createAdam(arena, weights, options)
    case 'sgd': {
      const { learningRate = 0.01, momentum = 0 } = options
      check('learningRate', learningRate, learningRate > 0)
      check('momentum', momentum, momentum >= 0 && momentum < 1)
      const speed = arena.take(count)
      return { step: (rate = learningRate) => kernels.descend(count, values, grads, speed, momentum, rate) }
    }
    case 'rmsprop': {
      const { learningRate = 0.01, alpha = 0.99, epsilon = 1e-8 } = options
      check('learningRate', learningRate, learningRate > 0)
      check('alpha', alpha, alpha >= 0 && alpha < 1)
      checkEpsilon(epsilon)
      const square = arena.take(count)
      return {
        step: (rate = learningRate) =>
          kernels.rmsprop(count, values, grads, square, alpha, 1 - alpha, rate, epsilon),
      }
    }
  }
}

/** @throws RangeError naming an option that cannot be used, and its value */
export function createAdam(arena: Arena, { count, values, grads }: Weights, options: AdamOptions = {}): Adam {
  const { learningRate, beta1, beta2, epsilon } = checkAdam(options)
  checkEpsilon(epsilon)
  const { kernels } = arena
  const mean = arena.take(count)
  const square = arena.take(count)
  let steps = 0
  return {
    step(rate = learningRate) {
      steps++
      const size = rate / (1 - beta1 ** steps)
      const root = Math.sqrt(1 - beta2 ** steps)
      kernels.adam(count, values, grads, mean, square, 1 - beta1, beta2, 1 - beta2, size, root, epsilon)
    },
    save: () => ({ mean: arena.view(mean, count).slice(), square: arena.view(square, count).slice() }),
    restore(moments, seen) {
      arena.view(mean, count).set(moments.mean)
      arena.view(square, count).set(moments.square)
      steps = seen
    },
  }
}

/** The kernels have it in float32, where a very small one is 0. */
function checkEpsilon(epsilon: number): void {
  check('epsilon', epsilon, Math.fround(epsilon) > 0)
}

/** As `clipGradients` of clip.ts. */
export function clip({ kernels }: Arena, { count, grads }: Weights, maxNorm: number): number {
  const norm = Math.sqrt(kernels.sumOfSquares(count, grads))
  const share = maxNorm / (norm + 1e-6)
  if (share < 1) kernels.scale(count, grads, share)
  return norm
}
