/**
 * Forgetting distributions of scores, from which quantiles are read: histograms on a logarithmic scale, as in
 * DDSketch (Masson, Rim and Lee 2019, arXiv:1908.10693), whose counts shrink with age. Many lie in one set of arrays.
 *
 * The bucket of a score is the head of its bits as a float32: exponent and leading bits of the fraction. Of all these
 * buckets a sketch keeps a window. Its lowest slot also holds all that is smaller, zeros among them, its highest all
 * that is larger; the window moves when too much of the distribution lies outside.
 */
export interface SketchState {
  /** Weight per slot, [sketch][SLOTS]. */
  readonly weight: Uint16Array
  /** Sum of the weights of each sketch. */
  readonly total: Uint16Array
  /** Bucket of slot 1 of each sketch; 0 before any score but zeros. */
  readonly base: Int16Array
  /** Scores since the weights last shrank. */
  readonly age: Uint16Array
}

/** Slots per sketch. */
const SLOTS = 32
/** Bits of a float32 below the head that tells its bucket: four buckets an octave. */
const TAIL_BITS = 21
/** The last bucket whose upper edge is finite. */
const LAST_BUCKET = (0x7f800000 >> TAIL_BITS) - 2
/** Where in the window the score that moves it comes to lie. */
const PLACE = 24
/** Slots by which the window goes down at a time. */
const STRIDE = 8
/** Weights shrink by one part in this many at a time. */
const SHRINK_BITS = 4
/** Sum that the weights of a sketch stay below, so that each fits its 16 bits. */
const FULL = 0xffff

const float = new Float32Array(1)
const bits = new Int32Array(float.buffer)

const bucketOf = (score: number): number => {
  float[0] = score
  return Math.min(bits[0] >> TAIL_BITS, LAST_BUCKET)
}

/** Lower edge of a bucket. */
const edgeOf = (bucket: number): number => {
  bits[0] = bucket << TAIL_BITS
  return float[0]
}

export function startSketches(count: number): SketchState {
  return {
    weight: new Uint16Array(count * SLOTS),
    total: new Uint16Array(count),
    base: new Int16Array(count),
    age: new Uint16Array(count),
  }
}

/** Weight of one score where weights shrink by 1/16 every `period` scores. */
const weightOf = (period: number): number => Math.floor(FULL / (period << SHRINK_BITS))

/**
 * Adds a score, finite and not negative, to sketch `i`.
 * @param period scores after which all weights shrink by 1/16: the memory is 16 times as many. 1–2047
 * @param outside share of the weight that may lie above the window; more moves it up
 */
export function addScore(
  state: SketchState,
  i: number,
  score: number,
  period: number,
  outside: number,
): void {
  const { weight, total, base, age } = state
  const one = weightOf(period)
  if (age[i] === period) shrink(state, i)
  age[i]++
  const bucket = bucketOf(score)
  let slot = 0
  if (bucket > 0) {
    if (base[i] === 0) base[i] = baseFor(bucket)
    // The highest slot is kept for what lies above: its scores may be anywhere.
    if (bucket >= base[i] + SLOTS - 2) raise(state, i, bucket, one, outside)
    else if (bucket < base[i]) lower(state, i, bucket, outside)
    slot = Math.min(Math.max(bucket - base[i] + 1, 0), SLOTS - 1)
  }
  weight[i * SLOTS + slot] += one
  total[i] += one
}

/** Takes a sixteenth off all weights; rounded up, so that old ones vanish. */
function shrink({ weight, total, age }: SketchState, i: number): void {
  const from = i * SLOTS
  for (let s = from; s < from + SLOTS; s++) weight[s] -= (weight[s] + (1 << SHRINK_BITS) - 1) >> SHRINK_BITS
  total[i] = sum(weight, from, from + SLOTS)
  age[i] = 0
}

const baseFor = (bucket: number): number => Math.min(Math.max(bucket - PLACE + 1, 1), LAST_BUCKET - SLOTS + 2)

const sum = (weight: Uint16Array, from: number, to: number): number => {
  let total = 0
  for (let s = from; s < to; s++) total += weight[s]
  return total
}

/** Moves the window up to `bucket` when more than a few scores lie above it: these are taken to be like the newest. */
function raise(
  { weight, total, base }: SketchState,
  i: number,
  bucket: number,
  one: number,
  outside: number,
): void {
  const from = i * SLOTS
  const top = from + SLOTS - 1
  const over = weight[top] + one
  if (over <= outside * (total[i] + one)) return
  const target = baseFor(bucket)
  const moved = target - base[i]
  if (moved <= 0) return
  const above = weight[top]
  weight[top] = 0
  const sunk = Math.min(moved, SLOTS - 1)
  const bottom = sum(weight, from, from + sunk + 1)
  weight.copyWithin(from + 1, from + sunk + 1, from + SLOTS)
  weight.fill(0, from + SLOTS - sunk, from + SLOTS)
  weight[from] = bottom
  weight[from + PLACE] += above
  base[i] = target
}

/** Moves the window down by a stride while half of the scores lie below it, and nearly none in its upper part. */
function lower({ weight, total, base }: SketchState, i: number, bucket: number, outside: number): void {
  const from = i * SLOTS
  const end = from + SLOTS
  if (2 * weight[from] <= total[i]) return
  while (bucket < base[i] && base[i] > STRIDE) {
    const above = sum(weight, end - STRIDE - 1, end)
    if (above > outside * total[i]) return
    weight.copyWithin(from + 1 + STRIDE, from + 1, end - STRIDE)
    weight.fill(0, from + 1, from + 1 + STRIDE)
    weight[end - 1] = above
    base[i] -= STRIDE
  }
}

/** How many scores sketch `i` holds, the older ones in part. */
export function scoresOf({ total }: SketchState, i: number, period: number): number {
  return total[i] / weightOf(period)
}

/**
 * The score that a share `level` of all scores stays below, corrected for their number n: that of rank (n + 1) · level,
 * between ranks by interpolation; the largest at most. NaN before any score.
 */
export function quantileOf(state: SketchState, i: number, level: number, period: number): number {
  const { weight, total, base } = state
  const from = i * SLOTS
  if (total[i] === 0) return Number.NaN
  // Weight that lies above the rank.
  const over = Math.max(total[i] - (total[i] + weightOf(period)) * level, 0)
  let above = 0
  let slot = SLOTS - 1
  while (slot > 0 && (weight[from + slot] === 0 || above + weight[from + slot] < over)) {
    above += weight[from + slot]
    slot--
  }
  const low = slot === 0 ? 0 : edgeOf(base[i] + slot - 1)
  const high = edgeOf(base[i] + slot)
  const share = weight[from + slot] === 0 ? 1 : Math.min((over - above) / weight[from + slot], 1)
  return high - share * (high - low)
}
