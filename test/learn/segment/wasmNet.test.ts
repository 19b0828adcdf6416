import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../src/engine/random.ts'
import { createDecoder } from '../../../src/learn/segment/decoder.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import { createRecurrence } from '../../../src/learn/segment/recurrence.ts'
import type { SegmentSpec } from '../../../src/learn/segment/types.ts'
import { createWasmNet } from '../../../src/learn/segment/wasmNet.ts'
import { BYTES, paddedRows } from '../../../src/learn/wasm/arena.ts'
import { type Box, read, write } from '../../../src/learn/wasm/boxes.ts'
import { from, type Matrix } from '../../../src/learn/wasm/linear.ts'
import { worst } from '../numeric.ts'
import { builds } from '../wasm/builds.ts'
import { maskOf } from './dropout.ts'
import { createOracle } from './oracle.ts'

const anyShape = fc
  .record({
    segment: fc.integer({ min: 1, max: 13 }),
    horizon: fc.integer({ min: 1, max: 20 }),
    half: fc.integer({ min: 1, max: 10 }),
    seasonal: fc.boolean(),
    channels: fc.integer({ min: 0, max: 4 }),
    steps: fc.integer({ min: 1, max: 4 }),
    lanes: fc.integer({ min: 1, max: 6 }),
    dropping: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ half, ...shape }) => ({ ...shape, hiddenSize: 2 * half, scale: 'fixed' as const }))

for (const build of builds) {
  describe(`segment net in WebAssembly, ${build}`, () => {
    it('has the forecasts and the gradients of the float64 version, for any shape', () => {
      fc.assert(
        fc.property(anyShape, ({ steps, lanes, dropping, seed, ...spec }) => {
          const random = createRandom(seed)
          const draw = (length: number) => Float64Array.from({ length }, () => random.normal())
          const weights = initialiseNet(spec, random)
          const { segment, hiddenSize: d, channels } = spec
          const { features, blocks, size } = netLayout(spec)
          const padded = paddedRows(lanes)
          const rows = steps * padded
          const channelOf = new Int32Array(padded).fill(-1)
          for (let lane = 0; lane < lanes; lane++) channelOf[lane] = random.integer(-1, channels)

          const net = createWasmNet(spec, weights, padded, build)
          const recurrence = createRecurrence(net, steps, padded)
          const decoder = createDecoder(net, steps, padded)
          const states = from(recurrence.h, padded)
          const boxes = (at: Matrix, count: number, cols: number, groups = 1): Box[] =>
            Array.from({ length: count }, (_, k) => ({
              at: from(at, k * padded),
              batch: lanes,
              time: 1,
              batchRows: padded,
              cols,
              groups,
            }))
          const mask = dropping
            ? read(
                net.arena,
                boxes(maskOf(net, blocks * rows, createRandom(seed)), blocks * steps, d),
                new Float32Array(blocks * steps * lanes * d),
              )
            : undefined

          const grads = new Float64Array(size)
          const exact = createOracle(spec, weights, grads, { steps, lanes, channels: channelOf, mask })
          exact.x.set(draw(exact.x.length))
          exact.h.set(draw(lanes * d))
          exact.forward()
          exact.dOut.set(draw(exact.dOut.length))
          exact.backward()

          write(net.arena, boxes(recurrence.x, steps, features), exact.x)
          write(net.arena, boxes(recurrence.h, 1, d), exact.h)
          recurrence.forward()
          decoder.forward(states, channelOf, dropping ? createRandom(seed) : undefined)
          const outputs = boxes(decoder.out, blocks * steps, segment, 3)
          const out = read(net.arena, outputs, new Float32Array(exact.out.length))
          assert.ok(worst(out, exact.out) < 1e-5, `outputs differ by ${worst(out, exact.out)}`)

          net.arena.view(decoder.out.at, (decoder.rows * decoder.out.stride) / BYTES).fill(0)
          write(net.arena, outputs, exact.dOut)
          decoder.backward(states, recurrence.dh, channelOf)
          recurrence.backward()
          const found = net.weights.gradients(new Float32Array(size))
          const scale = grads.reduce((max, g) => Math.max(max, Math.abs(g)), 1)
          const error = worst(found, grads) / scale
          assert.ok(error < 1e-5, `gradients differ by ${error}`)
        }),
        { numRuns: 100 },
      )
    })

    it('gives back the weights it was given', () => {
      const spec: SegmentSpec = {
        segment: 5,
        horizon: 12,
        hiddenSize: 6,
        seasonal: true,
        scale: 'running',
        channels: 3,
      }
      const weights = Float32Array.from(initialiseNet(spec, createRandom(1)))
      assert.deepEqual(createWasmNet(spec, weights, 4, build).save(), weights)
    })
  })
}
