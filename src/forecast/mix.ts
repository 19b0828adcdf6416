import type { History } from './history.ts'

/**
 * What one stream knows of its experts: exponentially weighted averaging (Vovk 1990; Cesa-Bianchi & Lugosi 2006) for
 * each bucket of steps ahead, from losses that come as late as their truths do. Plain numbers and arrays.
 *
 * A loss has two parts: how far an expert's squared error is above the least, which finds the best expert; and the
 * gradient of the mixture's squared error in that expert's weight (Kivinen & Warmuth 1997), which finds the best mixture:
 * experts that err in other ways than the rest are worth more than their own errors say.
 */
export interface MixState {
  /** Grid steps so far. */
  opened: number
  /** Logarithms of the weights [buckets][experts], the largest 0; NaN: has not spoken yet. */
  readonly logs: Float64Array
  /** Typical loss of each bucket, and how many have been seen. */
  readonly scale: Float64Array
  readonly count: Float64Array
  /** ŷ − x that wait for their truths, [experts, then the mixture][places]; NaN where an expert was silent. */
  readonly waiting: Float32Array
}

export interface Mix {
  /** The truth of `history`'s newest value has come: losses are told from it. Call it before {@link Mix.issue}. */
  learn(state: MixState, history: History): void
  /**
   * Mixes what the experts say now, and keeps it until its truths come.
   * @param changes ŷ − x of each expert for each step; NaN at the first step where one is silent. The first expert
   * never is
   * @param mixed receives the mean change for each step
   */
  issue(state: MixState, changes: readonly Float64Array[], mixed: Float64Array): void
  /** Nothing is issued at this grid step. */
  skip(state: MixState): void
  /** Mean weight of each expert over all steps, in what was issued last. */
  readonly shares: Float64Array
}

/** Last steps of the buckets but the last one, whose last step is the horizon. */
const BUCKETS = [1, 6, 24]
/** Steps of a bucket that are judged: neighbours say the same. */
const JUDGED = 6
/** Most that one loss counts, in typical losses. */
const CAP = 20
/** Rates of learning from both parts at the start, and after {@link SETTLED} losses, when typical losses are known. */
const FIRST_RATE = 0.02
const RATE = 0.0075
const MIXING_RATE = 0.01
const SETTLED = 2000
/** Losses that the weights remember, at the start and then, and that the typical loss does. */
const FIRST_MEMORY = 500
const MEMORY = 3000
const SCALE_MEMORY = 200
/** No weight's logarithm falls below this: one that has been bad for long is not to take as long to come back. */
const LEAST = -12

interface Bucket {
  readonly from: number
  readonly to: number
  /** Steps that are judged, and where their places begin. */
  readonly steps: readonly number[]
  readonly places: readonly number[]
}

/**
 * Opens what works on the mixtures of one shape.
 * @param priors logarithm of each expert's first weight, against that of the largest
 */
export function createMix(horizon: number, priors: readonly number[]): Mix {
  const K = priors.length
  const { buckets, places } = bucketsOf(horizon)
  const losses = new Float64Array(K)
  const slopes = new Float64Array(K)
  const sorted = new Float64Array(K)
  const weights = new Float64Array(buckets.length * K)
  const shares = new Float64Array(K)

  /** Squared errors and slopes, means over a bucket's judged steps; NaN for experts that were silent. False where nothing was issued. */
  const judge = (
    { steps, places: from }: Bucket,
    state: MixState,
    { values, first, end }: History,
  ): boolean => {
    losses.fill(0)
    slopes.fill(0)
    let met = 0
    for (let i = 0; i < steps.length; i++) {
      const h = steps[i]
      const at = from[i] + (state.opened % h)
      if (end - 1 - h < first || Number.isNaN(state.waiting[at])) continue
      const change = values[end - 1] - values[end - 1 - h]
      const mixed = state.waiting[K * places + at]
      for (let k = 0; k < K; k++) {
        const said = state.waiting[k * places + at]
        losses[k] += (change - said) ** 2
        slopes[k] += 2 * (mixed - change) * (said - mixed)
      }
      met++
    }
    for (let k = 0; k < K; k++) {
      losses[k] /= met
      slopes[k] /= met
    }
    return met > 0
  }

  const typical = (): number => {
    let awake = 0
    for (const loss of losses) if (!Number.isNaN(loss)) sorted[awake++] = loss
    return sorted.subarray(0, awake).sort()[(awake - 1) >> 1]
  }

  const learnBucket = (state: MixState, b: number, logs: Float64Array): void => {
    const n = ++state.count[b]
    // One wild loss, as where a level changes, must not make all those after it look small.
    const most = state.scale[b] > 0 ? CAP * state.scale[b] : Number.POSITIVE_INFINITY
    state.scale[b] += Math.max(1 / n, 1 / SCALE_MEMORY) * (Math.min(typical(), most) - state.scale[b])
    const scale = state.scale[b]
    if (!(scale > 0)) return
    let least = Number.POSITIVE_INFINITY
    for (const loss of losses) if (loss < least) least = loss
    const settled = Math.min(1, n / SETTLED)
    const rate = FIRST_RATE + settled * (RATE - FIRST_RATE)
    const kept = 1 - 1 / (FIRST_MEMORY + settled * (MEMORY - FIRST_MEMORY))
    let largest = Number.NEGATIVE_INFINITY
    for (let k = 0; k < K; k++) {
      if (Number.isNaN(logs[k])) continue
      logs[k] *= kept
      if (!Number.isNaN(losses[k])) {
        const slope = Math.min(Math.max(slopes[k] / scale, -CAP), CAP)
        logs[k] -= rate * Math.min((losses[k] - least) / scale, CAP) + MIXING_RATE * slope
      }
      largest = Math.max(largest, logs[k])
    }
    for (let k = 0; k < K; k++) logs[k] = Math.max(logs[k] - largest, LEAST)
  }

  const weigh = (logs: Float64Array, changes: readonly Float64Array[], out: Float64Array): void => {
    let sum = 0
    for (let k = 0; k < K; k++) {
      out[k] = 0
      if (Number.isNaN(changes[k][0])) continue
      if (Number.isNaN(logs[k])) logs[k] = priors[k]
      out[k] = Math.exp(logs[k])
      sum += out[k]
    }
    for (let k = 0; k < K; k++) out[k] /= sum
  }

  return {
    shares,
    learn(state, history) {
      for (let b = 0; b < buckets.length; b++) {
        if (judge(buckets[b], state, history)) learnBucket(state, b, state.logs.subarray(b * K, (b + 1) * K))
      }
    },
    issue(state, changes, mixed) {
      shares.fill(0)
      for (let b = 0; b < buckets.length; b++) {
        const { from, to, steps, places: starts } = buckets[b]
        const own = weights.subarray(b * K, (b + 1) * K)
        weigh(state.logs.subarray(b * K, (b + 1) * K), changes, own)
        mixed.fill(0, from, to)
        for (let k = 0; k < K; k++) {
          const weight = own[k]
          const said = changes[k]
          for (let i = 0; i < steps.length; i++) {
            state.waiting[k * places + starts[i] + (state.opened % steps[i])] = said[steps[i] - 1]
          }
          if (weight === 0) continue
          shares[k] += (weight * (to - from)) / horizon
          for (let h = from; h < to; h++) mixed[h] += weight * said[h]
        }
        for (let i = 0; i < steps.length; i++) {
          state.waiting[K * places + starts[i] + (state.opened % steps[i])] = mixed[steps[i] - 1]
        }
      }
      state.opened++
    },
    skip(state) {
      for (const { steps, places: starts } of buckets) {
        for (let i = 0; i < steps.length; i++)
          state.waiting[starts[i] + (state.opened % steps[i])] = Number.NaN
      }
      state.opened++
    },
  }
}

/** Nothing that was said so far is judged: what comes is none of the experts' doing. */
export function forgetWaiting({ waiting }: MixState): void {
  waiting.fill(Number.NaN)
}

/** A mixture that has seen nothing. */
export function startMix(horizon: number, experts: number): MixState {
  const { buckets, places } = bucketsOf(horizon)
  return {
    opened: 0,
    logs: new Float64Array(buckets.length * experts).fill(Number.NaN),
    scale: new Float64Array(buckets.length),
    count: new Float64Array(buckets.length),
    waiting: new Float32Array((experts + 1) * places).fill(Number.NaN),
  }
}

/**
 * Gives an expert its first weight anew, as what it says comes from elsewhere now; what it said before is not judged.
 * @param log against the largest weight; NaN: when it speaks
 */
export function enterExpert({ logs, waiting }: MixState, experts: number, expert: number, log: number): void {
  for (let at = expert; at < logs.length; at += experts) logs[at] = log
  const places = waiting.length / (experts + 1)
  waiting.fill(Number.NaN, expert * places, (expert + 1) * places)
}

function bucketsOf(horizon: number): { buckets: Bucket[]; places: number } {
  const ends = [...BUCKETS.filter((end) => end < horizon), horizon]
  let places = 0
  const buckets = ends.map((to, b): Bucket => {
    const from = b === 0 ? 0 : ends[b - 1]
    const judged = Math.min(JUDGED, to - from)
    const steps = Array.from({ length: judged }, (_, i) => to - Math.round((i * (to - from)) / judged))
    const starts = steps.map((step) => {
      places += step
      return places - step
    })
    return { from, to, steps, places: starts }
  })
  return { buckets, places }
}
