import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createStepper, type Stepper } from '../../src/engine/stepper.ts'
import { createGruExpert, type GruExpert, type GruStream } from '../../src/forecast/experts/gru.ts'
import { openPool } from '../../src/forecast/experts/pool.ts'
import { openSegment, type Segment } from '../../src/forecast/experts/segment.ts'
import { append } from '../../src/forecast/history.ts'
import { type StreamState, startStream } from '../../src/forecast/stream.ts'
import { scalesOf } from '../../src/learn/segment/data.ts'
import type { SegmentModel } from '../../src/learn/segment/types.ts'
import { outputOf, randomModel, SPEC, waves } from './fitted.ts'

const { horizon, segment: w, hiddenSize } = SPEC
const OPTIONS = { horizon, season: null, period: null, warmUp: 8, coverages: [0.9] }

function valuesOf(count: number, seed = 1): Float64Array {
  return Float64Array.from(waves(count, 0, seed), ({ value }) => value)
}

/** A net stepped in WASM. */
function openExpert(model: SegmentModel, version = 1): GruExpert {
  return createGruExpert(model, version, {
    open: (gru, lanes) =>
      openPool(gru, lanes, { device: 'wasm', synchronous: 'asked for', onDevice: () => {} }),
    streams: 0,
    growth: 1,
    season: 0,
  })
}

function take(stream: StreamState, value: number): GruStream {
  append(stream.history, value, true)
  stream.sinceRestart++
  return stream
}

/** Forecasts at each reading of a stream that is stepped reading by reading, [t][horizon]. */
function stepped(model: SegmentModel, values: Float64Array, key: string): Float32Array {
  const expert = openExpert(model)
  const stream = startStream(key, OPTIONS)
  const changes = new Float32Array(values.length * horizon)
  const out = outputOf(horizon)
  for (const [t, value] of values.entries()) {
    expert.step(take(stream, value), stream.gru, out)
    changes.set(out.changes, t * horizon)
  }
  return changes
}

/** The GRU's inputs of all readings, in the scale that a fit would see them in. */
function encodeAll(
  net: Segment,
  { spec, channels }: SegmentModel,
  values: Float64Array,
  key: string,
): { readonly inputs: Float32Array; readonly scales: Float64Array } {
  const { unit, season } = channels[net.channelOf(key)]
  const split = {
    key,
    values,
    observed: new Uint8Array(),
    unit,
    season,
    trainEnd: 0,
    tailStart: 0,
    tailEnd: 0,
  }
  const scales = scalesOf(spec.scale, split, w)
  const inputs = new Float32Array(values.length * hiddenSize)
  for (const [t, scale] of scales.entries()) net.encode(values, 0, t, scale, season, inputs, t * hiddenSize)
  return { inputs, scales }
}

/** Forecasts of the same readings, computed a chunk of rows at a time: all phases, and all forecasts, together. */
function chunked(model: SegmentModel, values: Float64Array, key: string): Float32Array {
  const net = openSegment(model)
  const { inputs, scales } = encodeAll(net, model, values, key)
  const pool = createStepper(net.gru, { lanes: w })
  const changes = new Float32Array(values.length * horizon)
  const out = outputOf(horizon)
  const decodeInputs = new Float32Array(w * net.blocks * hiddenSize)
  for (let i = 0; i < w; i++) {
    net.writeDecodeInputs(net.channelOf(key), decodeInputs, i * net.blocks * hiddenSize)
  }
  const phases = Array.from({ length: w }, (_, i) => i)
  const rows = phases.flatMap((phase) => new Array<number>(net.blocks).fill(phase))
  for (let t = 0; t < values.length; t += w) {
    pool.step(phases, inputs.subarray(t * hiddenSize, (t + w) * hiddenSize))
    const hidden = pool.ahead(rows, decodeInputs)
    for (const i of phases) {
      net.decode(hidden, i * net.blocks, scales[t + i], 1, out)
      changes.set(out.changes, (t + i) * horizon)
    }
  }
  return changes
}

/** The state at `t` from zero, fed the newest segments only, the last of which ends at `t`. */
function reencoded(pool: Stepper, inputs: Float32Array, t: number, segments: number): Float32Array {
  const steps = Math.min(segments, Math.floor(t / w) + 1)
  pool.reset(0)
  for (let i = steps - 1; i >= 0; i--) {
    const row = t - i * w
    pool.step([0], inputs.subarray(row * hiddenSize, (row + 1) * hiddenSize))
  }
  return pool.save(0)
}

describe('segment net, stepped', () => {
  for (const scale of ['fixed', 'running'] as const) {
    for (const seasonal of [false, true]) {
      it(`gives the same reading by reading and in chunks, bit for bit: scale ${scale}, ${seasonal ? '' : 'not '}seasonal`, () => {
        const model = randomModel({ scale, seasonal })
        const values = valuesOf(200)
        assert.deepEqual(stepped(model, values, 'b'), chunked(model, values, 'b'))
      })

      it(`is within .001 of states made anew from 30 segments, and exactly those of the whole history: scale ${scale}, ${seasonal ? '' : 'not '}seasonal`, () => {
        const model = randomModel({ scale, seasonal })
        const values = valuesOf(600)
        const net = openSegment(model)
        const { inputs } = encodeAll(net, model, values, 'a')
        const pool = createStepper(net.gru)
        const expert = openExpert(model)
        const stream = startStream('a', OPTIONS)
        const out = outputOf(horizon)
        const rebuilt = outputOf(horizon)
        let spread = 0
        for (const [t, value] of values.entries()) {
          const { changes } = out
          expert.step(take(stream, value), stream.gru, out)
          if (t % 37 !== 0) continue
          const live = expert.peek(stream.gru.base + (t % w))!
          assert.deepEqual(reencoded(pool, inputs, t, Number.POSITIVE_INFINITY), live)
          const few = reencoded(pool, inputs, t, 30)
          assert.ok(few.every((h, j) => Math.abs(h - live[j]) < 0.001))
          // As the expert itself makes states anew, and the forecasts that follow.
          const fresh = startStream('a', OPTIONS)
          for (const past of values.subarray(0, t + 1)) take(fresh, past)
          openExpert(model).step(fresh, fresh.gru, rebuilt)
          assert.ok(rebuilt.changes.every((change, h) => Math.abs(change - changes[h]) < 0.001))
          spread = Math.max(spread, ...changes.map(Math.abs))
        }
        assert.ok(spread > 0.2, 'the net must have said something')
      })
    }
  }

  it('lets nothing after t change what it says at t, to the bit', () => {
    const model = randomModel()
    const wild = fc.double({ min: -1e30, max: 1e30, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 98 }),
        fc.array(wild, { minLength: 100, maxLength: 100 }),
        (t, others) => {
          const values = valuesOf(100)
          const changed = values.map((value, i) => (i > t ? others[i] : value))
          const upTo = (all: Float32Array): Float32Array => all.subarray(0, (t + 1) * horizon)
          assert.deepEqual(upTo(stepped(model, changed, 'a')), upTo(stepped(model, values, 'a')))
        },
      ),
      { numRuns: 30 },
    )
  })
})
