import { createRandom } from '../../engine/random.ts'
import { paddedRows } from '../wasm/arena.ts'
import { clip, createAdam } from '../wasm/optimiser.ts'
import { chunkSize, createChunks } from './chunk.ts'
import type { SplitSeries } from './data.ts'
import { scalesOf } from './data.ts'
import { createEvaluator, type Evaluation } from './evaluate.ts'
import type { Best, FitCheckpoint, SegmentSpec } from './types.ts'
import { createWasmNet } from './wasmNet.ts'

const LEARNING_RATE = 1e-3
/** Epochs at the full rate; then it falls by `DECAY` with each. */
const FULL = 5
const DECAY = 0.8
/** Never reached by a healthy net. */
const CLIP = 5

/** What goes on while an epoch is under way. */
export interface EpochControl {
  /** Asked before each update; true ends the epoch. */
  readonly stop: () => boolean
  readonly onUpdate: (update: number, loss: number) => void
}

/** A net in training. */
export interface Training {
  /** Updates and epochs done. */
  readonly update: number
  readonly epoch: number
  /** Mean absolute training error of the newest epoch, in units. */
  readonly loss: number
  /** Epochs without improvement since the rate began to fall: before, losses jump. */
  readonly stale: number
  readonly evaluation: Evaluation
  readonly best: Best
  /** Runs an epoch of so many updates, then judges. */
  run(updates: number, control: EpochControl): void
  save(): Pick<
    FitCheckpoint,
    'update' | 'epoch' | 'stale' | 'weights' | 'mean' | 'square' | 'places' | 'states' | 'best'
  >
  /** @throws RangeError naming what is not of this training */
  restore(checkpoint: FitCheckpoint): void
}

/**
 * Opens a training: L1 loss over all horizon steps and pinball losses of the interval, Adam, truncated
 * back-propagation through time with carried states.
 * @param weights to begin with, packed as `net.ts` says
 */
export function openTraining(
  spec: SegmentSpec,
  weights: ArrayLike<number>,
  series: readonly SplitSeries[],
  seed: number,
): Training {
  const { lanes } = chunkSize(spec.segment, series)
  const net = createWasmNet(spec, weights, paddedRows(Math.max(spec.segment, lanes)))
  const scales = series.map((one) => scalesOf(spec.scale, one, spec.segment))
  const adam = createAdam(net.arena, net.weights)
  const chunks = createChunks(spec, net, series, scales, createRandom(seed))
  const evaluate = createEvaluator(spec, net, series, scales)
  let update = 0
  let epoch = 0
  let loss = Number.NaN
  let stale = 0
  let evaluation = evaluate()

  const taken = (): Best => ({
    weights: net.save(),
    epoch,
    validationLoss: evaluation.loss,
    naiveLoss: evaluation.naiveLoss,
    skills: evaluation.skills,
  })
  let best = taken()

  const judge = (): void => {
    evaluation = evaluate()
    // Without a held-back part there is nothing to judge by: the newest weights are taken.
    const judged = !Number.isNaN(evaluation.naiveLoss)
    if (!judged || evaluation.loss < best.validationLoss) {
      best = taken()
      stale = 0
    } else if (epoch > FULL) stale++
  }

  const checkFits = ({ weights, mean, square, places, states, best }: FitCheckpoint): void => {
    const { size } = net.layout
    const { count } = net.weights
    for (const [name, values, length] of [
      ['weights', weights, size],
      ['best weights', best.weights, size],
      ['mean gradients', mean, count],
      ['squared gradients', square, count],
      ['places', places, chunks.places.length],
      ['states', states, chunks.states.length],
      ['skills', best.skills, series.length],
    ] as const) {
      // It may be from a file.
      if (values?.length === length) continue
      throw new RangeError(`the checkpoint must have ${length} ${name}, got ${values?.length ?? 'none'}`)
    }
    const wild = places.findIndex((v, i) => v < 0 || (i % 2 === 0 && v >= series.length))
    if (wild >= 0) throw new RangeError(`the checkpoint's places are not in these series: ${places[wild]}`)
  }

  return {
    get update() {
      return update
    },
    get epoch() {
      return epoch
    },
    get loss() {
      return loss
    },
    get stale() {
      return stale
    },
    get evaluation() {
      return evaluation
    },
    get best() {
      return best
    },
    run(updates, { stop, onUpdate }) {
      // Each epoch has its own random numbers: where one begins, no state of theirs need be known.
      const random = createRandom((seed + Math.imul(epoch + 1, 0x9e3779b1)) >>> 0)
      const rate = LEARNING_RATE * DECAY ** Math.max(0, epoch + 1 - FULL)
      loss = 0
      let learned = 0
      for (let i = 0; i < updates && !stop(); i++) {
        net.weights.clear()
        const chunkLoss = chunks.next(random)
        // What is beyond float32 teaches nothing, and counts as nothing: moments and updates go together.
        if (!Number.isFinite(chunkLoss + clip(net.arena, net.weights, CLIP))) continue
        adam.step(rate)
        net.pack()
        loss += (chunkLoss - loss) / ++learned
        onUpdate(++update, loss)
      }
      epoch++
      judge()
    },
    save: () => ({
      update,
      epoch,
      stale,
      weights: net.save(),
      ...adam.save(),
      places: chunks.places.slice(),
      states: chunks.states.slice(),
      best,
    }),
    restore(checkpoint) {
      checkFits(checkpoint)
      net.weights.load(checkpoint.weights)
      net.pack()
      chunks.places.set(checkpoint.places)
      chunks.states.set(checkpoint.states)
      adam.restore(checkpoint, checkpoint.update)
      update = checkpoint.update
      epoch = checkpoint.epoch
      stale = checkpoint.stale
      best = checkpoint.best
      evaluation = evaluate()
    },
  }
}
