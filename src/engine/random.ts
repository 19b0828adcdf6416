/** Numbers that are the same on every machine for the same seed. */
export interface Random {
  /** A whole number of 32 random bits, 0 to 2³²−1. */
  bits(): number
  /** At least `low`, below `high`. @default 0 to 1 */
  uniform(low?: number, high?: number): number
  /** Gaussian. @default mean 0, standard deviation 1 */
  normal(mean?: number, deviation?: number): number
  /** A whole number, at least `low`, below `high`. */
  integer(low: number, high: number): number
}

const SIZE = 624
const SHIFT = 397

/**
 * Mersenne Twister (Matsumoto and Nishimura 1998, MT19937) seeded as NumPy's `np.random.seed` and PyTorch's
 * `torch.manual_seed` seed it. `uniform` and `normal` are NumPy's legacy `np.random.uniform` and `np.random.normal`:
 * 53 bits from two draws, and Marsaglia's polar method.
 * @throws RangeError when the seed is not a whole number from 0 to 2³²−1.
 */
export function createRandom(seed: number): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(`seed must be a whole number from 0 to 4294967295, got ${String(seed)}`)
  }
  const state = new Uint32Array(SIZE)
  state[0] = seed
  for (let i = 1; i < SIZE; i++) {
    state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i
  }
  let next = SIZE
  let spare: number | undefined

  const bits = (): number => {
    if (next === SIZE) {
      twist(state)
      next = 0
    }
    let y = state[next++]
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }
  const unit = (): number => ((bits() >>> 5) * 0x4000000 + (bits() >>> 6)) / 0x20000000000000
  const gauss = (): number => {
    if (spare !== undefined) {
      const kept = spare
      spare = undefined
      return kept
    }
    for (;;) {
      const a = 2 * unit() - 1
      const b = 2 * unit() - 1
      const square = a * a + b * b
      if (square > 0 && square < 1) {
        const factor = Math.sqrt((-2 * Math.log(square)) / square)
        spare = factor * a
        return factor * b
      }
    }
  }

  return {
    bits,
    uniform: (low = 0, high = 1) => low + (high - low) * unit(),
    normal: (mean = 0, deviation = 1) => mean + deviation * gauss(),
    integer: (low, high) => low + Math.floor((high - low) * unit()),
  }
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < SIZE; i++) {
    const y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff)
    state[i] = state[(i + SHIFT) % SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
  }
}
