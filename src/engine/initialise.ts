import { type CellLayout, layout } from './layout.ts'
import { createModel, type Model } from './model.ts'
import { createRandom, type Random } from './random.ts'
import { directions, type GruSpec } from './spec.ts'

/** Whose first weights: NumPy GRU, `torch.nn.GRU`, `keras.layers.GRU`, or a Keras cell of three Dense gates. */
export type Initialiser = 'numpy' | 'pytorch' | 'keras' | 'kerasCell'

export interface InitialiseOptions {
  /** @default pytorch */
  readonly initialiser?: Initialiser
  /** Whole number from 0 to 2³²−1. @default 1 */
  readonly seed?: number
}

/** What draws the weights of one cell, and of the projection, into `weights`. */
interface Draw {
  cell(weights: Float64Array, cell: CellLayout): void
  head(weights: Float64Array, matrix: number, columns: number, bias: number): void
}

/**
 * A model with first weights drawn from a seed, the same on every machine.
 *
 * - `numpy`: U(−0.1, 0.1) in the order Wr Ur Wz Uz Wh Uh Wo, biases 0; digit for digit `np.random.seed(seed)`
 *   followed by `np.random.uniform(-0.1, 0.1, shape)`.
 * - `pytorch`: every parameter U(±1/√hiddenSize) in the order of `nn.GRU`, the projection as an `nn.Linear` made after
 *   it; digit for digit `torch.manual_seed(seed)` on a CPU.
 * - `keras`: Glorot uniform kernels, orthogonal recurrent kernels, biases 0.
 * - `kerasCell`: every gate a Dense layer over [x, h]: Glorot uniform, biases 0.
 *
 * The two of Keras have its distributions but not its digits: TensorFlow's Philox stream is not reproduced.
 * @throws RangeError when the seed or the initialiser cannot be used.
 */
export function initialise(spec: GruSpec, options: InitialiseOptions = {}): Model {
  return createModel(spec, Float32Array.from(initialWeights(spec, options)))
}

/** The packed weights of {@link initialise} before they are rounded to float32. */
export function initialWeights(spec: GruSpec, options: InitialiseOptions = {}): Float64Array {
  const { initialiser = 'pytorch', seed = 1 } = options
  if (!Object.hasOwn(initialisers, initialiser)) {
    throw new RangeError(
      `initialiser must be one of ${Object.keys(initialisers).join(', ')}, got ${String(initialiser)}`,
    )
  }
  const { cells, head, size } = layout(spec)
  const weights = new Float64Array(size)
  const draw = initialisers[initialiser](spec, createRandom(seed))
  for (const cell of cells) draw.cell(weights, cell)
  if (head) draw.head(weights, head.W, directions(spec) * spec.hiddenSize, head.b)
  return weights
}

const initialisers: Readonly<Record<Initialiser, (spec: GruSpec, random: Random) => Draw>> = {
  numpy({ hiddenSize: H, outputSize }, random) {
    const draw = () => random.uniform(-0.1, 0.1)
    return {
      cell(weights, { W, U, inputSize: I }) {
        for (let gate = 0; gate < 3; gate++) {
          fill(weights, W + gate * H * I, H * I, draw)
          fill(weights, U + gate * H * H, H * H, draw)
        }
      },
      head: (weights, matrix, columns) => fill(weights, matrix, outputSize * columns, draw),
    }
  },

  pytorch({ hiddenSize: H, outputSize, biases }, random) {
    return {
      cell(weights, { W, inputSize }) {
        fill(weights, W, 3 * H * (inputSize + H + biases), torchUniform(random, 1 / Math.sqrt(H)))
      },
      head(weights, matrix, columns, bias) {
        fill(weights, matrix, outputSize * columns, torchUniform(random, 1 / Math.sqrt(columns)))
        fill(weights, bias, outputSize, torchUniform(random, 1 / Math.sqrt(columns)))
      },
    }
  },

  keras({ hiddenSize: H, outputSize }, random) {
    return {
      cell(weights, { W, U, inputSize: I }) {
        fill(weights, W, 3 * H * I, glorot(random, I, 3 * H))
        orthogonal(weights.subarray(U, U + 3 * H * H), H, random)
      },
      head: (weights, matrix, columns) =>
        fill(weights, matrix, outputSize * columns, glorot(random, columns, outputSize)),
    }
  },

  kerasCell({ hiddenSize: H, outputSize }, random) {
    return {
      cell(weights, { W, inputSize: I }) {
        fill(weights, W, 3 * H * (I + H), glorot(random, I + H, H))
      },
      head: (weights, matrix, columns) =>
        fill(weights, matrix, outputSize * columns, glorot(random, columns, outputSize)),
    }
  },
}

function fill(weights: Float64Array, offset: number, length: number, draw: () => number): void {
  for (let i = offset; i < offset + length; i++) weights[i] = draw()
}

/**
 * PyTorch's `uniform_(-bound, bound)` of float32 on a CPU: 24 of 32 random bits, then one fused multiply-add, which
 * float64 carries out without rounding in between.
 */
function torchUniform(random: Random, bound: number): () => number {
  const low = Math.fround(-bound)
  const range = Math.fround(Math.fround(bound) - low)
  return () => {
    const unit = (random.bits() & 0xffffff) / 0x1000000
    return Math.fround(unit * range + low)
  }
}

/** Glorot and Bengio 2010: U(±√(6 / (fanIn + fanOut))). */
function glorot(random: Random, fanIn: number, fanOut: number): () => number {
  const limit = Math.sqrt(6 / (fanIn + fanOut))
  return () => random.uniform(-limit, limit)
}

/** Saxe et al. 2014: [3H][H] with orthonormal columns, Gram-Schmidt on Gaussian draws, twice for accuracy. */
function orthogonal(matrix: Float64Array, H: number, random: Random): void {
  fill(matrix, 0, matrix.length, random.normal)
  for (let column = 0; column < H; column++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < column; other++) {
        const share = product(matrix, H, column, other)
        for (let i = 0; i < matrix.length; i += H) matrix[i + column] -= share * matrix[i + other]
      }
    }
    const norm = Math.sqrt(product(matrix, H, column, column))
    for (let i = 0; i < matrix.length; i += H) matrix[i + column] /= norm
  }
}

/** Inner product of two columns of a matrix with `width` columns. */
function product(matrix: Float64Array, width: number, a: number, b: number): number {
  let sum = 0
  for (let i = 0; i < matrix.length; i += width) sum += matrix[i + a] * matrix[i + b]
  return sum
}
