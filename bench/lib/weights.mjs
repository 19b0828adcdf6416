/** The sizes that are measured, as input/hidden. */
export const shapes = [
  { inputSize: 1, hiddenSize: 16 },
  { inputSize: 4, hiddenSize: 32 },
  { inputSize: 8, hiddenSize: 64 },
  { inputSize: 8, hiddenSize: 128 },
  { inputSize: 16, hiddenSize: 256 },
]

/** PyTorch's first weights times this, so that gates saturate and an error cannot hide. */
const GAIN = 1.5

export const shapeName = ({ inputSize, hiddenSize }) => `${inputSize}/${hiddenSize}`

/** Operations of one step: a multiplication and an addition for each weight; activations not counted. */
export const flop = ({ inputSize, hiddenSize }) => 6 * hiddenSize * (inputSize + hiddenSize)

/** Bytes of the float32 weights that one step reads; biases not counted. */
export const weightBytes = ({ inputSize, hiddenSize }) => 12 * hiddenSize * (inputSize + hiddenSize)

/**
 * A GRU as PyTorch writes it, gates r, z, n on rows: wi [3H, I], wh [3H, H], bi and bh [3H], all float32 and
 * uniform in ±1.5/√H.
 */
export function drawWeights({ inputSize, hiddenSize }) {
  const random = randomNumbers(1)
  const bound = GAIN / Math.sqrt(hiddenSize)
  const draw = (length) => Float32Array.from({ length }, () => bound * (2 * random() - 1))
  return {
    wi: draw(3 * hiddenSize * inputSize),
    wh: draw(3 * hiddenSize * hiddenSize),
    bi: draw(3 * hiddenSize),
    bh: draw(3 * hiddenSize),
  }
}

/** `steps` inputs [streams, inputSize], uniform in ±2. */
export function drawInputs({ inputSize }, streams, steps) {
  const random = randomNumbers(2)
  return Array.from({ length: steps }, () =>
    Float32Array.from({ length: streams * inputSize }, () => 4 * random() - 2),
  )
}

/** Uniform numbers in [0, 1): mulberry32 by Tommy Ettinger. */
export function randomNumbers(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
