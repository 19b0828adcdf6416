import { createRandom } from '../../engine/random.ts'
import { paddedRows } from '../wasm/arena.ts'
import { clip, createOptimiser } from '../wasm/optimiser.ts'
import { chunkSize, createChunk } from './chunk.ts'
import { splitSeries } from './data.ts'
import { allFeatures, createEvaluator, type Evaluation } from './evaluate.ts'
import { initialiseNet } from './initialise.ts'
import type { FitControl, FitJob, FitResult } from './types.ts'
import { createWasmNet } from './wasmNet.ts'

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
  const most = paddedRows(Math.max(spec.segment, chunkSize(spec.segment, series).lanes))
  const net = createWasmNet(spec, job.weights ?? initialiseNet(spec, random), most)
  const features = series.map((one) => allFeatures(spec, net.features, one))
  const adam = createOptimiser(net.arena, net.weights, { kind: 'adam' })
  let learningRate = LEARNING_RATE
  const evaluate = createEvaluator(spec, net, series, features)
  const chunk = createChunk(spec, net, series, features, random)

  const judged = series.some(({ tailStart, tailEnd }) => tailEnd > tailStart)
  let evaluation = evaluate()
  const taken = ({ loss, naive, skills }: Evaluation) => ({
    loss,
    naive,
    skills,
    weights: net.save(),
  })
  let best = taken(evaluation)
  let stale = 0
  let update = 0
  while (update < maxUpdates && stale < PATIENCE && seconds() < maxSeconds) {
    let loss = 0
    for (let i = 0; i < ROUND && seconds() < maxSeconds; i++, update++) {
      if (cancelled?.()) throw new DOMException('the fit was cancelled', 'AbortError')
      net.weights.clear()
      const chunkLoss = chunk(evaluation)
      loss += (chunkLoss - loss) / (i + 1)
      if (!Number.isFinite(chunkLoss + clip(net.arena, net.weights, CLIP))) continue
      adam.step(learningRate)
      net.pack()
    }
    evaluation = evaluate()
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
