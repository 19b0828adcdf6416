import { createRandom, type Random } from '../../engine/random.ts'
import { createAdam } from '../adam.ts'
import { clipGradients } from '../clip.ts'
import { createSegmentNet, type SegmentNet } from './batch.ts'
import { type SplitSeries, splitSeries } from './data.ts'
import { allFeatures, type Evaluation, evaluate } from './evaluate.ts'
import { initialiseNet } from './initialise.ts'
import type { FitControl, FitJob, FitResult } from './types.ts'

/** Segments of one chunk, through which gradients flow. */
const CHUNK = 8
/** Origins of one update. */
const BATCH = 256
const LEARNING_RATE = 1e-3
/** Learning rate factor after an evaluation without improvement. */
const DECAY = 0.5
const CLIP = 5
/** Updates between two evaluations, which also bring the stored start states up to date. */
const ROUND = 50
/** Rounds without improvement after which the fit ends. */
const PATIENCE = 3

/**
 * Fits a segment net: L1 loss over all horizon steps, Adam, truncated back-propagation through chunks of consecutive
 * segments that start from stored states; the weights with the best loss on the held-back tails are returned.
 * Synchronous and long: for the worker.
 * @throws RangeError when no series is long enough; DOMException AbortError when cancelled
 */
export function fitSegment(job: FitJob, { onProgress, cancelled }: FitControl = {}): FitResult {
  const started = performance.now()
  const { spec, maxUpdates, maxSeconds } = job
  const seconds = (): number => (performance.now() - started) / 1000
  const random = createRandom(job.seed)
  const series = splitSeries(spec, job.series)
  if (!series.some(({ trainEnd }) => trainEnd > 0)) {
    throw new RangeError(
      `no series is long enough to learn from: ${job.series.length} series, horizon ${spec.horizon}`,
    )
  }
  const weights = job.weights ? Float64Array.from(job.weights) : initialiseNet(spec, random)
  const grads = new Float64Array(weights.length)
  const net = createSegmentNet(spec, weights, grads)
  const features = series.map((one) => allFeatures(spec, net.layout.features, one))
  const adam = createAdam(weights.length)
  let learningRate = LEARNING_RATE
  const chunk = createChunk(job, net, series, features, random)

  const judged = series.some(({ tailStart, tailEnd }) => tailEnd > tailStart)
  let evaluation = evaluate(spec, net, series, features)
  const taken = ({ loss, naive, skills }: Evaluation) => ({
    loss,
    naive,
    skills,
    weights: Float32Array.from(weights),
  })
  let best = taken(evaluation)
  let stale = 0
  let update = 0
  while (update < maxUpdates && stale < PATIENCE && seconds() < maxSeconds) {
    let loss = 0
    for (let i = 0; i < ROUND && seconds() < maxSeconds; i++, update++) {
      if (cancelled?.()) throw new DOMException('the fit was cancelled', 'AbortError')
      grads.fill(0)
      loss += (chunk(evaluation) - loss) / (i + 1)
      if (Number.isFinite(clipGradients(grads, CLIP))) adam.step(weights, grads, learningRate)
    }
    evaluation = evaluate(spec, net, series, features)
    // Without a tail there is nothing to judge by: the newest weights are taken.
    if (evaluation.loss < best.loss || !judged) {
      best = taken(evaluation)
      stale = 0
    } else {
      stale++
      learningRate *= DECAY
    }
    onProgress?.({ update, maxUpdates, loss, validationLoss: evaluation.loss })
  }
  return {
    weights: best.weights,
    seasons: Int32Array.from(series, ({ lag }) => lag),
    tailSkills: best.skills,
    validationLoss: best.loss,
    naiveLoss: best.naive,
    updates: update,
    seconds: seconds(),
  }
}

/** Draws a batch of chunks, runs it forward and backward, adds its gradients and returns its loss. */
function createChunk(
  { spec }: FitJob,
  net: SegmentNet,
  all: readonly SplitSeries[],
  features: readonly Float64Array[],
  random: Random,
): (evaluation: Evaluation) => number {
  const { segment, horizon, hiddenSize: d } = spec
  const longest = Math.max(...all.map(({ trainEnd }) => trainEnd))
  const steps = Math.max(1, Math.min(CHUNK, Math.floor(longest / segment)))
  const lanes = Math.floor(BATCH / steps)
  const rows = steps * lanes
  const inputs = net.layout.features
  const width = net.layout.blocks * segment
  const origins = all.reduce((sum, { trainEnd }) => sum + trainEnd, 0)
  const x = new Float64Array(rows * inputs)
  const z = new Float64Array(rows * d)
  const dz = new Float64Array(rows * d)
  const h = new Float64Array((steps + 1) * lanes * d)
  const dh = new Float64Array(rows * d)
  const carried = new Float64Array(lanes * d)
  const caches = Array.from({ length: steps }, () => net.cell.cache(lanes))
  const decoder = net.decoder(rows)
  const drawn = new Int32Array(lanes)
  const starts = new Int32Array(lanes)
  const step = (of: Float64Array, k: number): Float64Array => of.subarray(k * lanes * d, (k + 1) * lanes * d)

  /** Every training origin is equally likely to start a chunk. */
  const draw = (lane: number): void => {
    let at = random.integer(0, origins)
    let s = 0
    while (at >= all[s].trainEnd) at -= all[s++].trainEnd
    drawn[lane] = s
    starts[lane] = at
  }

  const load = ({ states }: Evaluation): void => {
    for (let lane = 0; lane < lanes; lane++) {
      draw(lane)
      const s = drawn[lane]
      const before = starts[lane] - segment
      if (before >= 0) h.set(states[s].subarray(before * d, (before + 1) * d), lane * d)
      else h.fill(0, lane * d, (lane + 1) * d)
      for (let k = 0; k < steps; k++) {
        // Past the training part the chunk repeats its last origin; its loss is masked.
        const t = Math.min(starts[lane] + k * segment, all[s].values.length - 1)
        x.set(features[s].subarray(t * inputs, (t + 1) * inputs), (k * lanes + lane) * inputs)
      }
    }
  }

  /** L1 loss per observed target and its gradient. */
  const lossOf = ({ out, dOut }: typeof decoder): number => {
    dOut.fill(0)
    let loss = 0
    let count = 0
    for (let k = 0; k < steps; k++) {
      for (let lane = 0; lane < lanes; lane++) {
        const { values, observed, scale, trainEnd } = all[drawn[lane]]
        const t = starts[lane] + k * segment
        // Live, no forecast is issued at a filled-in step.
        if (t >= trainEnd || observed[t] === 0) continue
        const at = (k * lanes + lane) * width - 1
        for (let ahead = 1; ahead <= horizon; ahead++) {
          if (observed[t + ahead] === 0) continue
          const error = out[at + ahead] - (values[t + ahead] - values[t]) / scale
          loss += Math.abs(error)
          dOut[at + ahead] = Math.sign(error)
          count++
        }
      }
    }
    const share = count === 0 ? 0 : 1 / count
    for (let i = 0; i < dOut.length; i++) dOut[i] *= share
    return loss * share
  }

  return (evaluation) => {
    load(evaluation)
    net.encode(x, z, rows)
    for (let k = 0; k < steps; k++) net.cell.forward(step(z, k), step(h, k), step(h, k + 1), caches[k])
    decoder.forward(h.subarray(lanes * d))
    const loss = lossOf(decoder)
    decoder.backward(dh)
    carried.fill(0)
    for (let k = steps - 1; k >= 0; k--) {
      const fromDecoder = step(dh, k)
      for (let i = 0; i < carried.length; i++) carried[i] += fromDecoder[i]
      net.cell.backward(caches[k], carried, step(dz, k), carried)
    }
    net.encodeBack(x, z, dz, rows)
    return loss
  }
}
