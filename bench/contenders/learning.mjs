import { createRandom } from '../../dist/src/engine/random.js'
import { createChunks } from '../../dist/src/learn/segment/chunk.js'
import { scalesOf, splitSeries } from '../../dist/src/learn/segment/data.js'
import { createDecoder } from '../../dist/src/learn/segment/decoder.js'
import { initialiseNet } from '../../dist/src/learn/segment/initialise.js'
import { createRecurrence } from '../../dist/src/learn/segment/recurrence.js'
import { createWasmNet } from '../../dist/src/learn/segment/wasmNet.js'
import { clip, createAdam } from '../../dist/src/learn/wasm/optimiser.js'
import {
  drawBatch,
  drawColumns,
  FEATURES,
  LANES,
  LEARNING_RATE,
  SPEC,
  STEPS,
  UPDATES,
} from '../lib/learning.mjs'

const SEED = 1
/** As `training.ts` and `chunk.ts` have them. */
const CLIP = 5
const SIDE_TAIL = 0.05
const SIDE_WEIGHT = 2
const BYTES = 4
const { segment, horizon, hiddenSize } = SPEC

/** The weights that all contenders begin with, packed. */
export const firstWeights = () => Float32Array.from(initialiseNet(SPEC, createRandom(SEED)))

/** GRUflow's updates of the forecaster's net: a step takes a batch from a table, as a fit does, and learns from it. */
export function open(_shape, _weights, _streams, build) {
  const { net, update } = openNet(build)
  const series = drawColumns().map(({ name, values }) =>
    splitSeries(
      { key: name, values, observed: new Uint8Array(values.length).fill(1), trainEnd: values.length },
      segment,
      segment,
      horizon,
    ),
  )
  const scales = series.map((one) => scalesOf(SPEC.scale, one, segment))
  const random = createRandom(SEED)
  const chunks = createChunks(SPEC, net, series, scales, random)
  return {
    name: `GRUflow ${build}`,
    step: () => update(() => chunks.next(random)),
    numbers: ([x]) => lossesOf(build, x),
  }
}

function openNet(build) {
  const net = createWasmNet(SPEC, firstWeights(), Math.max(segment, LANES), build)
  const adam = createAdam(net.arena, net.weights)
  return {
    net,
    /** @param learn adds the gradients of a batch and returns its loss */
    update(learn) {
      net.weights.clear()
      const loss = learn()
      clip(net.arena, net.weights, CLIP)
      adam.step(LEARNING_RATE)
      net.pack()
      return loss
    },
  }
}

/** Mean absolute errors of the first updates, all on one batch, without dropout. */
function lossesOf(build, x) {
  const { net, update } = openNet(build)
  const { arena } = net
  const recurrence = createRecurrence(net, STEPS, LANES)
  const decoder = createDecoder(net, STEPS, LANES)
  const { h, target, channel } = drawBatch()
  const [targets, shares] = [target, target].map(({ length }) => arena.take(length))
  arena.view(targets, target.length).set(target)
  arena.view(shares, target.length).fill(1 / target.length)
  arena.view(recurrence.h.at, h.length).set(h)
  const features = arena.view(recurrence.x.at, STEPS * LANES * net.features)
  for (let row = 0; row < STEPS * LANES; row++) {
    features.set(x.subarray(row * FEATURES, (row + 1) * FEATURES), row * net.features)
  }
  const states = { at: recurrence.h.at + h.length * BYTES, stride: hiddenSize * BYTES }
  const { out, rows } = decoder
  const learn = () => {
    recurrence.forward()
    decoder.forward(states, channel)
    const row = segment * BYTES
    const { at, stride } = out
    const loss = arena.kernels.intervalError(
      rows,
      row,
      at,
      stride,
      targets,
      shares,
      SIDE_TAIL,
      SIDE_WEIGHT,
      at,
    )
    decoder.backward(states, recurrence.dh, channel)
    recurrence.backward()
    return loss
  }
  return Array.from({ length: UPDATES }, () => update(learn))
}
