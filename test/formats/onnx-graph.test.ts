import assert from 'node:assert/strict'
import { layout } from '../../src/engine/layout.ts'
import type { Model } from '../../src/engine/model.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { readModel } from '../../src/formats/read.ts'
import type { ImportOptions } from '../../src/formats/types.ts'
import { inputs } from '../engine/arbitrary.ts'
import { floats, gru, gruFile, HIDDEN, INPUTS, integers, node, onnxFile, withFloats } from './onnx-file.ts'

const H = HIDDEN
const read = async (bytes: Uint8Array, options?: ImportOptions): Promise<Model> =>
  (await readModel(bytes, options)).model
const notesOf = async (bytes: Uint8Array, options?: ImportOptions): Promise<readonly string[]> =>
  (await readModel(bytes, options)).notes

describe('the equations of ONNX GRU nodes', () => {
  it('keep both biases with the reset gate after the product, and gates are z, r, h', async () => {
    const { spec, weights } = await read(gruFile())
    const [{ W, b, c }] = layout(spec).cells
    assert.deepEqual([spec.cell, spec.biases, spec.direction], ['reset-after', 2, 'forward'])
    const hundredths = (at: number, length: number): number[] =>
      [...weights.subarray(at, at + length)].map((v) => Math.round(v * 100))
    assert.deepEqual(
      hundredths(W, 3 * H * INPUTS),
      [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13, 14, 15, 16, 17],
    )
    assert.deepEqual(hundredths(b, 3 * H), [3, 4, 5, 0, 1, 2, 6, 7, 8])
    assert.deepEqual(hundredths(c, 3 * H), [12, 13, 14, 9, 10, 11, 15, 16, 17])
  })

  it('add both biases with the reset gate before the product', async () => {
    const bytes = gruFile({ attributes: { linear_before_reset: 0 } })
    const { spec, weights } = await read(bytes)
    const [{ b, c }] = layout(spec).cells
    assert.deepEqual([spec.cell, spec.biases, c], ['reset-before', 1, -1])
    const sums = [...weights.subarray(b, b + 3 * H)].map((v) => Math.round(v * 100))
    assert.deepEqual(sums, [15, 17, 19, 9, 11, 13, 21, 23, 25])
    assert.deepEqual(await notesOf(bytes), [
      'the input and the recurrent bias of each gate are added: they act as one',
    ])
  })

  it('have sigmoid or hard sigmoid gates', async () => {
    const hard = { attributes: { activations: ['HardSigmoid', 'Tanh'] } }
    assert.equal((await read(gruFile(hard))).spec.recurrentActivation, 'hard-sigmoid')
    const made = gru(hard)
    const nodes = [withFloats(withFloats(made.node, 'activation_alpha', [0.2]), 'activation_beta', [0.5])]
    const told = onnxFile({ nodes, initialisers: made.weights })
    assert.equal((await read(told)).spec.recurrentActivation, 'hard-sigmoid')
    const plain = gruFile({
      attributes: { activations: ['Sigmoid', 'Tanh', 'sigmoid', 'tanh'], direction: 'bidirectional' },
      directions: 2,
    })
    assert.equal((await read(plain)).spec.recurrentActivation, 'sigmoid')
  })

  it('may lie batch first', async () => {
    const file = gruFile(
      { attributes: { layout: 1 }, y: 'Y' },
      { nodes: [node('Squeeze', ['Y', 'two'], ['y'], 'squeeze', {})], initialisers: [integers('two', [2])] },
    )
    assert.deepEqual(await read(file), await read(gruFile()))
  })
})

describe('graphs around ONNX GRU nodes', () => {
  const toRows = [node('Squeeze', ['Y', 'one'], ['rows'], 'squeeze', {})]
  const one = integers('one', [1])
  const head = [floats('fc.weight', [H, 2]), floats('fc.bias', [2])]

  it('have the linear layer as MatMul and Add in either order, or as Gemm', async () => {
    const product = node('MatMul', ['rows', 'fc.weight'], ['p'], 'm', {})
    const add = (...order: string[]) => [...toRows, product, node('Add', order, ['out'], 'a', {})]
    const parts = { initialisers: [one, ...head], outputs: ['out'] }
    const first = await read(gruFile({ y: 'Y' }, { ...parts, nodes: add('p', 'fc.bias') }))
    const second = await read(gruFile({ y: 'Y' }, { ...parts, nodes: add('fc.bias', 'p') }))
    assert.deepEqual(first, second)
    assert.equal(first.spec.outputSize, 2)
    assert.deepEqual(
      await read(gruFile({ y: 'Y' }, { ...parts, nodes: add('p', 'fc.bias') }), { head: 'fc' }),
      first,
    )

    const flat = [
      ...toRows,
      node('Reshape', ['rows', 'flat'], ['all'], 'r', {}),
      node('Gemm', ['all', 'fc.weight', 'fc.bias'], ['out'], 'g', {}),
    ]
    const gemm = gruFile(
      { y: 'Y' },
      { ...parts, nodes: flat, initialisers: [one, integers('flat', [-1, H]), ...head] },
    )
    assert.deepEqual(await read(gemm), first)
  })

  it('have a stack of unlike sizes filled up, which gives the same numbers', async () => {
    const low = gru({ name: 'low', y: 'Y', hiddenSize: 4 })
    const high = gru({ name: 'high', x: 'rows', inputSize: 4, hiddenSize: 2 })
    const bytes = onnxFile({
      nodes: [low.node, ...toRows, high.node],
      initialisers: [...low.weights, ...high.weights, one],
    })
    const model = await read(bytes)
    assert.deepEqual(await notesOf(bytes), [
      'layers of 4 and 2 units are read as layers of 4, filled up with units that stay 0; a projection picks the units of the last layer',
    ])
    const x = inputs(5 * INPUTS, 3)
    const given = { batch: 1, time: 5 }
    const below = sequence(
      await read(onnxFile({ nodes: [low.node], initialisers: low.weights, outputs: ['Y'] })),
      x,
      given,
    )
    const alone = onnxFile({
      nodes: [high.node],
      initialisers: high.weights,
      inputs: { rows: ['time', 'batch', 4] },
    })
    const want = sequence(await read(alone), below.y, given)
    const got = sequence(model, x, given)
    assert.deepEqual(got.out, want.y)
  })

  it('leave out what the options leave out, and say so', async () => {
    const nodes = [node('Relu', ['y'], ['out'], 'relu', {})]
    const after = gruFile({}, { nodes, outputs: ['out'] })
    assert.deepEqual(await notesOf(after, { head: false }), ['what comes after the GRU is left out'])
    const made = gru({ name: 'encoder.gru', x: 'in' })
    const before = onnxFile({
      nodes: [node('Relu', ['x'], ['in'], 'relu', {}), made.node],
      initialisers: made.weights,
    })
    assert.deepEqual(await notesOf(before, { prefix: 'encoder.' }), [
      'what comes before the GRU "encoder.gru" is left out',
    ])
  })

  it('may drop out nothing, name sizes and compute those of zeros', async () => {
    const nodes = [
      node('Shape', ['x'], ['sizes'], 's', {}),
      node('Gather', ['sizes', 'one'], ['rows'], 'g', { axis: 0 }),
      node('Concat', ['one', 'rows', 'units'], ['wanted'], 'c', { axis: 0 }),
      node('ConstantOfShape', ['wanted'], ['h'], 'z', {}),
      node('Dropout', ['x'], ['kept'], 'd', {}),
    ]
    const made = gru({ x: 'kept', first: 'h' })
    const bytes = onnxFile({
      nodes: [...nodes, made.node],
      initialisers: [...made.weights, one, integers('units', [H])],
    })
    assert.deepEqual(await read(bytes), await read(gruFile()))
  })

  it('may join batch and time for the linear layer, whatever their sizes', async () => {
    const item = (index: string, to: string) => node('Gather', ['sizes', index], [to], to, {})
    const nodes = [
      ...toRows,
      node('Shape', ['rows'], ['sizes'], 's', {}),
      ...[item('i0', 'time'), item('i1', 'batch'), node('Mul', ['batch', 'time'], ['n'], 'm', {})],
      node('Concat', ['n', 'units'], ['flat'], 'c', { axis: 0 }),
      node('Reshape', ['rows', 'flat'], ['all'], 'r', {}),
      node('Gemm', ['all', 'fc.weight', 'fc.bias'], ['p'], 'g', {}),
      node('Concat', ['time', 'batch', 'two'], ['full'], 'f', { axis: 0 }),
      node('Reshape', ['p', 'full'], ['out'], 'back', {}),
    ]
    const numbers = [['i0', 0] as const, ['i1', 1] as const, ['units', H] as const, ['two', 2] as const]
    const lists = numbers.map(([name, value]) => integers(name, [value]))
    const joined = gruFile({ y: 'Y' }, { nodes, initialisers: [one, ...lists, ...head], outputs: ['out'] })
    const gemm = node('Gemm', ['all', 'fc.weight', 'fc.bias'], ['out'], 'g', {})
    const flat = [...toRows, node('Reshape', ['rows', 'flat'], ['all'], 'r', {}), gemm]
    const plain = { nodes: flat, initialisers: [one, integers('flat', [-1, H]), ...head], outputs: ['out'] }
    assert.deepEqual(await read(joined), await read(gruFile({ y: 'Y' }, plain)))
  })
})
