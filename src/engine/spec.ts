/** Where the reset gate acts on the candidate state n. */
export type Cell =
  /** n = tanh(Wn·x + bn + r ∘ (Un·h + cn)): PyTorch, Keras `reset_after=True`, ONNX `linear_before_reset=1`. */
  | 'reset-after'
  /** n = tanh(Wn·x + bn + cn + Un·(r ∘ h)): Cho et al. 2014, Keras `reset_after=False`, ONNX `linear_before_reset=0`. */
  | 'reset-before'
  /** n = tanh(Wn·x + bn + cn + Un·h): r is computed and not used. */
  | 'no-reset'
  /** As `no-reset`, with h replaced by zero at every step: a cell without memory. */
  | 'no-carry'

/** How the new state is mixed: `keep` h' = (1−z)∘n + z∘h, `write` h' = (1−z)∘h + z∘n. */
export type Update = 'keep' | 'write'

/** What makes r and z of their sums: `sigmoid` σ(a), `hard-sigmoid` clip(0.2·a + 0.5, 0, 1), the default of TensorFlow.js. */
export type RecurrentActivation = 'sigmoid' | 'hard-sigmoid'

export type Direction = 'forward' | 'reverse' | 'bidirectional'

/** Shape and equations of a GRU. Immutable; made by {@link gruSpec}. */
export interface GruSpec {
  readonly inputSize: number
  readonly hiddenSize: number
  readonly layers: number
  readonly cell: Cell
  readonly update: Update
  /** Of the gates r and z. */
  readonly recurrentActivation: RecurrentActivation
  readonly direction: Direction
  /** Bias vectors per gate: 0 none, 1 input only, 2 input and recurrent (PyTorch). */
  readonly biases: 0 | 1 | 2
  /** Size of the projection W·h + b applied at every step; 0 for none. */
  readonly outputSize: number
}

export type PresetName =
  | 'pytorch'
  | 'keras'
  | 'kerasResetBefore'
  | 'kerasCell'
  | 'numpy'
  | 'numpyLiteral'
  | 'numpyTextbook'

/** The equations of each framework; combine with sizes: `gruSpec({ ...presets.pytorch, inputSize: 8, hiddenSize: 64 })`. */
export const presets: Readonly<Record<PresetName, Pick<GruSpec, 'cell' | 'update' | 'biases'>>> = {
  /** `torch.nn.GRU` and `nn.GRUCell`. */
  pytorch: { cell: 'reset-after', update: 'keep', biases: 2 },
  /** `keras.layers.GRU(reset_after=True)`, the Keras default. */
  keras: { cell: 'reset-after', update: 'keep', biases: 2 },
  /** `keras.layers.GRU(reset_after=False)` and TensorFlow.js. */
  kerasResetBefore: { cell: 'reset-before', update: 'keep', biases: 1 },
  /** A cell of three Dense gates over [x, h]; its update gate is the complement of everyone else's. */
  kerasCell: { cell: 'reset-before', update: 'write', biases: 1 },
  /** NumPy GRU with the evident intent of its text: state carried, reset gate computed and not used. */
  numpy: { cell: 'no-reset', update: 'keep', biases: 1 },
  /** NumPy GRU as literally written: the state is read before it is stored, so there is no memory. */
  numpyLiteral: { cell: 'no-carry', update: 'keep', biases: 1 },
  /** NumPy GRU as the textbook has it: reset applied before the product. */
  numpyTextbook: { cell: 'reset-before', update: 'keep', biases: 1 },
}

const CELLS: readonly Cell[] = ['reset-after', 'reset-before', 'no-reset', 'no-carry']
const UPDATES: readonly Update[] = ['keep', 'write']
const RECURRENT_ACTIVATIONS: readonly RecurrentActivation[] = ['sigmoid', 'hard-sigmoid']
const DIRECTIONS: readonly Direction[] = ['forward', 'reverse', 'bidirectional']

/**
 * Checks and completes a GRU specification.
 *
 * Defaults: one forward layer of PyTorch's cell, two biases, sigmoid gates, no projection.
 * @throws RangeError naming the field and its value when it cannot be used.
 */
export function gruSpec(options: Pick<GruSpec, 'inputSize' | 'hiddenSize'> & Partial<GruSpec>): GruSpec {
  const {
    inputSize,
    hiddenSize,
    layers = 1,
    cell = 'reset-after',
    update = 'keep',
    recurrentActivation = 'sigmoid',
    direction = 'forward',
    biases = 2,
    outputSize = 0,
  } = options
  whole('inputSize', inputSize, 1, 65_536)
  whole('hiddenSize', hiddenSize, 1, 65_536)
  whole('layers', layers, 1, 64)
  whole('outputSize', outputSize, 0, 65_536)
  oneOf('cell', cell, CELLS)
  oneOf('update', update, UPDATES)
  oneOf('recurrentActivation', recurrentActivation, RECURRENT_ACTIVATIONS)
  oneOf('direction', direction, DIRECTIONS)
  oneOf('biases', biases, [0, 1, 2])
  return Object.freeze({
    inputSize,
    hiddenSize,
    layers,
    cell,
    update,
    recurrentActivation,
    direction,
    biases,
    outputSize,
  })
}

/** Directions run by each layer: 2 when bidirectional, else 1. */
export function directions(spec: GruSpec): 1 | 2 {
  return spec.direction === 'bidirectional' ? 2 : 1
}

/** Length of one stream's hidden state: layers × directions × hiddenSize. */
export function stateSize(spec: GruSpec): number {
  return spec.layers * directions(spec) * spec.hiddenSize
}

function whole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${String(value)}`)
  }
}

function oneOf<T>(name: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${name} must be one of ${allowed.join(', ')}, got ${String(value)}`)
  }
}
