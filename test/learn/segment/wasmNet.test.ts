import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createRandom } from '../../../src/engine/random.ts'
import { createSegmentNet } from '../../../src/learn/segment/batch.ts'
import { createDecoder } from '../../../src/learn/segment/decoder.ts'
import { initialiseNet } from '../../../src/learn/segment/initialise.ts'
import { netLayout } from '../../../src/learn/segment/net.ts'
import { createRecurrence } from '../../../src/learn/segment/recurrence.ts'
import { createWasmNet } from '../../../src/learn/segment/wasmNet.ts'
import { paddedRows } from '../../../src/learn/wasm/arena.ts'
import { type Box, read, write } from '../../../src/learn/wasm/boxes.ts'
import { from, type Matrix } from '../../../src/learn/wasm/linear.ts'
import { worst } from '../numeric.ts'
import { builds } from '../wasm/builds.ts'

const anyShape = fc.record({
  segment: fc.integer({ min: 1, max: 13 }),
  horizon: fc.integer({ min: 1, max: 20 }),
  hiddenSize: fc.integer({ min: 1, max: 20 }),
  steps: fc.integer({ min: 1, max: 4 }),
  lanes: fc.integer({ min: 1, max: 6 }),
})

for (const build of builds) {
  describe(`segment net in WebAssembly, ${build}`, () => {
    it('has the forecasts and the gradients of the float64 version, for any shape', () => {
      fc.assert(
        fc.property(anyShape, fc.nat(), ({ steps, lanes, ...spec }, seed) => {
          const random = createRandom(seed)
          const draw = (length: number) => Float64Array.from({ length }, () => random.normal())
          const weights = initialiseNet(spec, random).map((w) => w || random.uniform(-0.5, 0.5))
          const { segment, hiddenSize: d } = spec
          const { features, blocks, size } = netLayout(spec)
          const rows = steps * lanes
          const x = draw(rows * features)
          const h0 = draw(lanes * d)
          /** [block][row][segment] from the float64 version's [row][block][segment], or back. */
          const exchanged = (values: Float64Array, a: number, b: number) =>
            values.map((_, i) => {
              const [place, part] = [Math.floor(i / segment), i % segment]
              return values[((place % a) * b + Math.floor(place / a)) * segment + part]
            })
          const dOut = draw(rows * blocks * segment)

          const grads = new Float64Array(size)
          const exact = createSegmentNet(spec, weights, grads)
          const [z, dz, dh] = [rows, rows, rows].map((count) => new Float64Array(count * d))
          const h = new Float64Array((steps + 1) * lanes * d)
          const carried = new Float64Array(lanes * d)
          const step = (of: Float64Array, k: number) => of.subarray(k * lanes * d, (k + 1) * lanes * d)
          const caches = Array.from({ length: steps }, () => exact.cell.cache(lanes))
          const exactDecoder = exact.decoder(rows)
          h.set(h0)
          exact.encode(x, z, rows)
          caches.forEach((cache, k) => {
            exact.cell.forward(step(z, k), step(h, k), step(h, k + 1), cache)
          })
          exactDecoder.forward(h.subarray(lanes * d))
          exactDecoder.dOut.set(dOut)
          exactDecoder.backward(dh)
          for (let k = steps - 1; k >= 0; k--) {
            step(dh, k).forEach((v, i) => {
              carried[i] += v
            })
            exact.cell.backward(caches[k], carried, step(dz, k), carried)
          }
          exact.encodeBack(x, z, dz, rows)

          const padded = paddedRows(lanes)
          const net = createWasmNet(spec, weights, padded, build)
          const recurrence = createRecurrence(net, steps, padded)
          const decoder = createDecoder(net, steps * padded)
          const states = from(recurrence.h, padded)
          const boxes = (at: Matrix, count: number, cols: number): Box[] =>
            Array.from({ length: count }, (_, k) => ({
              at: from(at, k * padded),
              batch: lanes,
              time: 1,
              batchRows: padded,
              cols,
              groups: 1,
            }))
          write(net.arena, boxes(recurrence.x, steps, features), x)
          write(net.arena, boxes(recurrence.h, 1, d), h0)
          recurrence.forward()
          decoder.forward(states)
          const out = read(
            net.arena,
            boxes(decoder.out, blocks * steps, segment),
            new Float32Array(dOut.length),
          )
          const expected = exchanged(exactDecoder.out, rows, blocks)
          assert.ok(worst(out, expected) < 1e-5, `forecasts differ by ${worst(out, expected)}`)

          write(net.arena, boxes(decoder.dOut, blocks * steps, segment), exchanged(dOut, rows, blocks))
          decoder.backward(states, recurrence.dh)
          recurrence.backward()
          const found = net.weights.gradients(new Float32Array(size))
          const scale = grads.reduce((max, g) => Math.max(max, Math.abs(g)), 1)
          const error = worst(found, grads) / scale
          assert.ok(error < 1e-5, `gradients differ by ${error}`)
        }),
        { numRuns: 60 },
      )
    })

    it('gives back the weights it was given', () => {
      const spec = { segment: 5, horizon: 12, hiddenSize: 6 }
      const weights = Float32Array.from(initialiseNet(spec, createRandom(1)))
      assert.deepEqual(createWasmNet(spec, weights, 4, build).save(), weights)
    })
  })
}
