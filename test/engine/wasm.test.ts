import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, platform } from 'node:process'
import { fileURLToPath } from 'node:url'
import { initialise } from '../../src/engine/initialise.ts'
import { createModel } from '../../src/engine/model.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import * as kernels from '../../src/engine/wasm/kernels.wasm.ts'
import { wasm } from '../../src/engine/wasm/wasm.ts'
import { acceptsRelaxed, baseline, relaxed } from './builds.ts'

describe('wasm backend', () => {
  it('runs what its source compiles to', () => {
    const script = fileURLToPath(new URL('../../../scripts/build-wasm.mjs', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  })

  it('is the fastest build that the runtime accepts', () => {
    assert.equal(wasm.device, acceptsRelaxed ? 'cpu:wasm-relaxed' : 'cpu:wasm')
    assert.deepEqual([baseline.device, relaxed.device], ['cpu:wasm', 'cpu:wasm-relaxed'])
  })

  /** What a Node.js of its own, started with such flags, steps on, and whether it opens the relaxed build. */
  const start = (...flags: string[]) => {
    const code = `
      const { wasm, wasmBackend } = await import(${JSON.stringify(new URL('../../src/engine/wasm/wasm.js', import.meta.url))})
      const { initialise } = await import(${JSON.stringify(new URL('../../src/engine/initialise.js', import.meta.url))})
      const { gruSpec } = await import(${JSON.stringify(new URL('../../src/engine/spec.js', import.meta.url))})
      const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 1 }))
      wasm.open(model, 1)
      console.log(wasm.device)
      wasmBackend('relaxed').open(model, 1)`
    return spawnSync(process.execPath, [...flags, '--input-type=module', '-e', code], { encoding: 'utf8' })
  }

  it('takes relaxed SIMD on a runtime that has it, or is told to', () => {
    const { status, stdout, stderr } = acceptsRelaxed ? start() : start('--experimental-wasm-relaxed-simd')
    assert.deepEqual([status, stdout], [0, 'cpu:wasm-relaxed\n'], stderr)
  })

  const unlessAlways = acceptsRelaxed ? it.skip : it
  unlessAlways('refuses relaxed SIMD on a runtime without (this cannot be one from Node.js 22 on)', () => {
    const { stdout, stderr } = start()
    assert.equal(stdout, 'cpu:wasm\n')
    assert.match(stderr, /Error: this runtime does not accept the relaxed build of the WebAssembly kernels/)
  })

  it('has multiply-add in the relaxed build alone, and rounds it once where the processor can', () => {
    const count = (binary: string) =>
      Buffer.from(binary, 'base64').toString('latin1').split('\xfd\x85\x02').length - 1
    assert.equal(count(kernels.baseline), 0)
    assert.ok(count(kernels.relaxed) > 20)
    // 1 + 2⁻²³ and 1 − 2⁻²³: their product is 1 − 2⁻⁴⁶, which two roundings make 1 and one rounding does not.
    const spec = gruSpec({ inputSize: 2, hiddenSize: 1, outputSize: 1, biases: 0, cell: 'no-carry' })
    const model = createModel(spec, Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1 + 2 ** -23, -1))
    const [product, fused] = [baseline, relaxed].map(
      (backend) => backend.project(model, Float32Array.of(1 - 2 ** -23))[0],
    )
    assert.equal(product, 0)
    if (fuses()) assert.equal(fused, -(2 ** -46))
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

  it('steps on outputs of its own, also when more rows need more memory', () => {
    const model = initialise(gruSpec({ inputSize: 1, hiddenSize: 64 }))
    const lanes = wasm.open(model, 64)
    const undisturbed = wasm.open(model, 64)
    const all = Array.from({ length: 64 }, (_, i) => i)
    const x = Float32Array.of(0.5)
    const y = undisturbed.step([0], x).slice()
    assert.deepEqual(lanes.step(all, lanes.step([0], x)), undisturbed.step(all, y))
  })

  it('goes on as before when it could not grow', () => {
    const model = initialise(gruSpec({ inputSize: 2, hiddenSize: 4 }))
    const lanes = wasm.open(model, 1)
    const undisturbed = wasm.open(model, 1)
    for (const x of [0.5, -0.25, 1]) {
      assert.throws(() => lanes.grow(2 ** 28), /RangeError: 268435456 lanes need \d+ MiB/)
      const inputs = Float32Array.of(x, 1 - x)
      assert.deepEqual(lanes.step([0], inputs), undisturbed.step([0], inputs))
    }
  })
})

/** Whether the processor is known to fuse multiply-add: all of ARM64 do, of x64 those that say so. */
function fuses(): boolean {
  if (arch === 'arm64') return true
  return platform === 'linux' && / fma /.test(readFileSync('/proc/cpuinfo', 'utf8'))
}
