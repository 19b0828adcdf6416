export interface AdamOptions {
  /** @default 0.001 */
  readonly learningRate?: number
  /** Memory of the mean gradient. @default 0.9 */
  readonly beta1?: number
  /** Memory of the mean squared gradient. @default 0.999 */
  readonly beta2?: number
  /** @default 1e-8 */
  readonly epsilon?: number
}

/** An optimiser for one set of packed weights; it keeps its moments from step to step. */
export interface Adam {
  /** Changes `weights` in place. `learningRate` may vary from step to step. */
  step(weights: Float64Array, grads: Float64Array, learningRate?: number): void
}

/**
 * Adam (Kingma & Ba 2015) as PyTorch computes it: bias correction, epsilon outside the root, no weight decay.
 * @throws RangeError naming an option that cannot be used, and its value
 */
export function createAdam(size: number, options: AdamOptions = {}): Adam {
  const { learningRate, beta1, beta2, epsilon } = checkAdam(options)
  const mean = new Float64Array(size)
  const square = new Float64Array(size)
  let steps = 0
  return {
    step(weights, grads, rate = learningRate) {
      steps++
      const size1 = rate / (1 - beta1 ** steps)
      const root2 = Math.sqrt(1 - beta2 ** steps)
      for (let i = 0; i < size; i++) {
        const g = grads[i]
        mean[i] += (1 - beta1) * (g - mean[i])
        square[i] = beta2 * square[i] + (1 - beta2) * g * g
        weights[i] -= (size1 * mean[i]) / (Math.sqrt(square[i]) / root2 + epsilon)
      }
    },
  }
}

/**
 * The options with their defaults.
 * @throws RangeError naming an option that cannot be used, and its value
 */
export function checkAdam(options: AdamOptions): Required<AdamOptions> {
  const { learningRate = 0.001, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options
  check('learningRate', learningRate, learningRate > 0)
  check('beta1', beta1, beta1 >= 0 && beta1 < 1)
  check('beta2', beta2, beta2 >= 0 && beta2 < 1)
  check('epsilon', epsilon, epsilon > 0)
  return { learningRate, beta1, beta2, epsilon }
}

/** @throws RangeError naming an option and its value unless it is usable and finite */
export function check(name: string, value: number, usable: boolean): void {
  if (!usable || !Number.isFinite(value)) throw new RangeError(`${name} cannot be ${value}`)
}
