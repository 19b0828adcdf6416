import { createRandom } from '../../engine/random.ts'
import type { SegmentModel } from '../segment/types.ts'
import { createWasmNet } from '../segment/wasmNet.ts'
import { paddedRows } from '../wasm/arena.ts'
import { clip, createAdam } from '../wasm/optimiser.ts'
import { createBand } from './band.ts'
import { createBatch } from './batch.ts'
import { createChoice } from './choice.ts'
import { createPast } from './past.ts'
import type { Learned, NewSteps } from './types.ts'

/** A net that learns on from what streams bring. */
export interface Following {
  take(steps: NewSteps): void
  /** Makes so many updates; none while there is too little to learn from. */
  learn(updates: number): Learned
}

/** Chunks of one update that end with the newest readings, and those from anywhere in the past. */
const NEWEST = 14
const REPLAYED = 42
const RATE = 1e-3
/** Updates that the weights given out are a running mean of: the newest ones alone are as restless as the rate. */
const AVERAGED = 100
/** Norm of the gradient, seldom reached: half of them are below a quarter of it. */
const CLIP = 1
/** Updates between two copies of the weights that may be gone back to. */
const KEPT = 100
/** Segments that a stream must have before it is learned from. */
const SEGMENTS = 3
/** Errors smaller than this share of the unit are none: of a constant sensor, two such errors have no ratio. */
const NOTHING = 0.01

/**
 * Learns on from `model`, with replay against forgetting (Lin 1992, Machine Learning 8:293–321) and averaged weights
 * (Polyak and Juditsky 1992, SIAM J. Control Optim. 30:838–855). Each update has chunks that end with the newest
 * readings and more from anywhere in the past, both from states of their own, on the loss of the fits. When the errors
 * on the newest readings leave their band it goes back to the last weights that were good.
 *
 * Same calls, same machine: same weights, bit for bit.
 */
export function openFollowing(model: SegmentModel, seed: number): Following {
  const { spec } = model
  const lanes = NEWEST + REPLAYED
  const net = createWasmNet(spec, model.weights, paddedRows(lanes))
  const { arena, weights } = net
  const adam = createAdam(arena, weights)
  const untouched = adam.save()
  const random = createRandom(seed)
  const past = createPast(model)
  const choice = createChoice(past, SEGMENTS * spec.segment, spec.horizon, random)
  const batch = createBatch(spec, net, lanes)
  const band = createBand()
  const mean = Float64Array.from(model.weights)
  /** Weights that have stood the test, and newer ones that may. */
  let good = model.weights
  let recent = model.weights
  let sinceKept = 0

  const goBack = (): void => {
    weights.load(good)
    net.pack()
    mean.set(good)
    recent = good
    sinceKept = 0
    adam.restore(untouched, 0)
    band.forget()
  }

  const keep = (): void => {
    sinceKept = 0
    good = recent
    recent = Float32Array.from(mean)
  }

  const average = (): void => {
    const now = net.save()
    for (let i = 0; i < now.length; i++) mean[i] += (now[i] - mean[i]) / AVERAGED
  }

  /** Returns whether the weights are still good; if not, they are those that were. */
  const update = (): boolean => {
    weights.clear()
    const { loss, errors } = batch.run(choice.choose(NEWEST, REPLAYED), NEWEST, random)
    const share = (errors.net + NOTHING) / (errors.naive + NOTHING)
    const compared = !Number.isNaN(errors.naive)
    if (compared && !(share < Number.POSITIVE_INFINITY && band.take(share))) {
      goBack()
      return false
    }
    // What is beyond float32 teaches nothing, and counts as nothing: moments and updates go together.
    if (!Number.isFinite(loss + clip(arena, weights, CLIP))) return true
    adam.step(RATE)
    net.pack()
    average()
    if (++sinceKept === KEPT) keep()
    return true
  }

  return {
    take: past.take,
    learn(updates) {
      const started = performance.now()
      let made = 0
      let rolledBack = 0
      for (; made < updates && choice.isReady; made++) if (!update()) rolledBack++
      past.settle()
      return {
        model: { ...model, weights: Float32Array.from(mean) },
        updates: made,
        milliseconds: performance.now() - started,
        rolledBack,
      }
    },
  }
}
