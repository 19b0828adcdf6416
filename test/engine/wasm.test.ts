import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createModel } from '../../src/engine/model.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { wasm } from '../../src/engine/wasm/wasm.ts'

describe('wasm backend', () => {
  it('runs what its source compiles to', () => {
    const script = fileURLToPath(new URL('../../../scripts/build-wasm.mjs', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })

  it('computes tanh to 4e-7 over its whole range, never more than one ulp beyond 1', () => {
    // Without memory and with z at 0, the new state is tanh(x).
    const spec = gruSpec({ inputSize: 1, hiddenSize: 1, cell: 'no-carry', biases: 1 })
    const lanes = wasm.open(createModel(spec, Float32Array.of(0, 0, 1, 0, 0, 0, 0, -1e9, 0)), 1)
    for (let x = -12; x <= 12; x += 1 / 512) {
      const [y] = lanes.step([0], Float32Array.of(x))
      assert.ok(Math.abs(y - Math.tanh(x)) < 4e-7, `tanh(${x}) is ${y}`)
      assert.ok(Math.abs(y) <= 1 + 2 ** -23, `tanh(${x}) is ${y}`)
    }
  })

  it('stays finite when finite inputs overflow', () => {
    const spec = gruSpec({ inputSize: 2, hiddenSize: 1, biases: 0 })
    const lanes = wasm.open(createModel(spec, new Float32Array([9, -9, 9, -9, 9, -9, 1, 1, 1])), 1)
    const [y] = lanes.step([0], Float32Array.of(3e38, 3e38))
    assert.ok(Number.isFinite(y), String(y))
  })

  it('is not touched by what earlier calls left in its memory', () => {
    const spec = gruSpec({ inputSize: 1, hiddenSize: 1, outputSize: 16, biases: 0 })
    const weights = new Float32Array(38).fill(3e38).fill(1, 0, 6)
    const lanes = wasm.open(createModel(spec, weights), 1)
    const fresh = wasm.open(createModel(spec, weights), 1)
    const twenty = new Array(20).fill(0)
    const ones = new Float32Array(20).fill(1)
    fresh.step(twenty, ones)
    for (let count = 6; count < 40; count += 5) {
      const overflown = lanes.step(twenty, ones)
      assert.ok(overflown.includes(Number.POSITIVE_INFINITY))
      // Growing moves the inputs to where outputs were.
      lanes.grow(count)
      lanes.restore(0, Float32Array.of(0))
      lanes.step(twenty, ones)
      assert.deepEqual(lanes.save(0), fresh.save(0))
    }
  })

  it('refuses more lanes than its memory can hold', () => {
    const model = createModel(gruSpec({ inputSize: 1, hiddenSize: 1, biases: 0 }), new Float32Array(6))
    assert.throws(() => wasm.open(model, 2 ** 28), /RangeError: 268435456 lanes need \d+ MiB/)
  })
})
