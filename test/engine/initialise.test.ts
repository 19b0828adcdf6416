import assert from 'node:assert/strict'
import { type Initialiser, initialise, initialWeights } from '../../src/engine/initialise.ts'
import { layout, tensors } from '../../src/engine/layout.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { flat, type Nested, readCases, readFixture } from '../conformance/cases.ts'

interface PyTorchCase {
  name: string
  input: number
  hidden: number
  num_layers: number
  bidirectional: boolean
  bias: boolean
  seed: number
  native: { tensors: Record<string, Nested> }
}

interface NumpyCase {
  seed: number
  input: number
  hidden: number
  output: number
  tensors: Record<string, Nested>
}

describe('initialise', () => {
  it('numpy: the digits of np.random.seed and np.random.uniform', () => {
    const { cases } = readFixture<{ cases: NumpyCase[] }>('seed1-numpy/init.json')
    for (const { seed, input, hidden, output, tensors: t } of cases) {
      const spec = gruSpec({ ...presets.numpy, inputSize: input, hiddenSize: hidden, outputSize: output })
      const weights = initialWeights(spec, { initialiser: 'numpy', seed })
      const { Wr, Wz, Wh, Ur, Uz, Uh, br, bz, bh, Wo, bo } = t
      assert.deepEqual([...weights], flat([Wr, Wz, Wh, Ur, Uz, Uh, br, bz, bh, Wo, bo]))
    }
    assert.ok(cases.length >= 2)
  })

  it('pytorch: the digits of torch.manual_seed and nn.GRU', () => {
    const { cases } = readFixture<{ cases: PyTorchCase[] }>('seed2-pytorch/forward.json')
    // The one case whose weights were multiplied after they had been drawn.
    const drawn = cases.filter((c) => c.name !== 'big_weights_x10')
    for (const c of drawn) {
      const spec = gruSpec({
        inputSize: c.input,
        hiddenSize: c.hidden,
        layers: c.num_layers,
        biases: c.bias ? 2 : 0,
        direction: c.bidirectional ? 'bidirectional' : 'forward',
      })
      const { weights } = initialise(spec, { seed: c.seed })
      for (const { name, shape, offset } of tensors(spec)) {
        const length = shape.reduce((a, b) => a * b)
        const expected = flat(c.native.tensors[name]).map(Math.fround)
        assert.deepEqual([...weights.subarray(offset, offset + length)], expected, `${c.name} ${name}`)
      }
    }
    assert.ok(drawn.length >= 20)
  })

  it('pytorch: the digits of an nn.Linear made after the nn.GRU', () => {
    const seeds: Record<string, number> = { mse_head_L1: 84, mse_head_L2: 85 }
    const cases = readCases('seed2-pytorch/gradients.json').filter((c) => c.spec.outputSize)
    for (const { name, spec, weights } of cases) {
      const seed = seeds[name.split(' ')[1]]
      assert.deepEqual(initialWeights(spec, { seed }), weights, name)
    }
    assert.equal(cases.length, 2)
  })

  it('keras: Glorot uniform kernels, orthonormal recurrent kernels, biases 0', () => {
    const spec = gruSpec({ ...presets.keras, inputSize: 6, hiddenSize: 12, outputSize: 3 })
    const weights = initialWeights(spec, { initialiser: 'keras' })
    const { cells, head } = layout(spec)
    const [{ W, U, b }] = cells
    spread(weights.subarray(W, U), Math.sqrt(6 / (6 + 36)))
    spread(weights.subarray(head!.W, head!.b), Math.sqrt(6 / (12 + 3)))
    assert.ok(weights.subarray(b, head!.W).every((v) => v === 0))
    assert.ok(weights.subarray(head!.b).every((v) => v === 0))
    for (let i = 0; i < 12; i++) {
      for (let j = 0; j <= i; j++) {
        let product = 0
        for (let row = 0; row < 36; row++) product += weights[U + row * 12 + i] * weights[U + row * 12 + j]
        assert.ok(Math.abs(product - (i === j ? 1 : 0)) < 1e-12, `columns ${i} and ${j}: ${product}`)
      }
    }
  })

  it('kerasCell: every gate a Dense layer over [x, h]', () => {
    const spec = gruSpec({ ...presets.kerasCell, inputSize: 10, hiddenSize: 64 })
    const weights = initialWeights(spec, { initialiser: 'kerasCell' })
    const [{ W, b }] = layout(spec).cells
    spread(weights.subarray(W, b), Math.sqrt(6 / (10 + 64 + 64)))
    assert.ok(weights.subarray(b).every((v) => v === 0))
  })

  it('gives the same weights for the same seed, others for another', () => {
    const spec = gruSpec({ inputSize: 2, hiddenSize: 3 })
    for (const initialiser of ['numpy', 'pytorch', 'keras', 'kerasCell'] as const) {
      const weights = initialWeights(spec, { initialiser, seed: 5 })
      assert.deepEqual(initialWeights(spec, { initialiser, seed: 5 }), weights)
      assert.notDeepEqual(initialWeights(spec, { initialiser, seed: 6 }), weights)
    }
  })

  it('refuses an unknown initialiser and an impossible seed', () => {
    const spec = gruSpec({ inputSize: 2, hiddenSize: 3 })
    const unknown = 'toString' as Initialiser
    assert.throws(() => initialise(spec, { initialiser: unknown }), /RangeError: initialiser .* got toString/)
    assert.throws(() => initialise(spec, { seed: -1 }), /RangeError: seed .* got -1/)
  })
})

/** Within ±limit, and reaching for it on both sides. */
function spread(values: Float64Array, limit: number): void {
  assert.ok(values.every((v) => Math.abs(v) <= limit))
  assert.ok(Math.max(...values) > 0.9 * limit && Math.min(...values) < -0.9 * limit)
}
