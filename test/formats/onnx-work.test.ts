import assert from 'node:assert/strict'
import fc from 'fast-check'
import { axis, regroup } from '../../src/formats/onnx/axes.ts'
import { type Chunks, message, text } from '../../src/formats/onnx/encode.ts'
import {
  concatenate,
  constantOf,
  isZero,
  reshape,
  slice,
  transpose,
  valuesOf,
} from '../../src/formats/onnx/fold.ts'
import { callGru } from '../../src/formats/onnx/gru-call.ts'
import type { Node } from '../../src/formats/onnx/model-proto.ts'
import { readVarint } from '../../src/formats/onnx/protobuf.ts'
import type { Constant } from '../../src/formats/onnx/values.ts'
import { createWork } from '../../src/formats/onnx/work.ts'
import { readModel } from '../../src/formats/read.ts'
import type { Tensor } from '../../src/formats/types.ts'
import { refusal } from './files.ts'
import { floats, gru, gruFile, HIDDEN, INPUTS, integers, node, onnxFile } from './onnx-file.ts'

const H = HIDDEN
const TOO_MUCH = {
  name: 'FormatError',
  message: 'the nodes of the ONNX graph make more work than the weights of a GRU are',
}
const TOO_LARGE =
  /^weights that the graph itself makes of others must have at most 4194304 numbers, in few steps$/
const many = (count: number, make: (i: number) => Chunks): Chunks[] =>
  Array.from({ length: count }, (_, i) => make(i))

/** Zeros, and how often they were asked for. */
function counted(...shape: number[]): { constant: Constant; asked: () => number } {
  let asked = 0
  const values = (): Float32Array => {
    asked += 1
    return new Float32Array(shape.reduce((a, b) => a * b, 1))
  }
  const tensor: Tensor = { shape, dtype: 'F32', values }
  return { constant: constantOf('counted', tensor), asked: () => asked }
}

describe('the work that an ONNX graph may ask for', () => {
  it('is shared by all reshapes, of which each may leave one size open', () => {
    const open = Array.from({ length: 8 }, () => axis())
    const work = createWork(0)
    const { left } = work
    assert.equal(
      regroup(
        open,
        Array.from({ length: 8 }, () => 'rest'),
        work,
      ),
      undefined,
    )
    assert.equal(work.left, left)
    assert.deepEqual(regroup(open, ['rest', 2, 3], work), undefined)
    assert.ok(work.left < left && work.left > left - 2000, `${left - work.left}`)
    assert.throws(() => regroup(open, [2, 2, 'rest', 2, 2], { left: 100 }), TOO_MUCH)
  })

  it('looks for zeros once, whatever is made of them', () => {
    const { constant, asked } = counted(4, 6)
    const work = createWork(0)
    for (let i = 0; i < 10; i++) {
      const shaped = reshape(constant, [3, 8])!
      const turned = transpose(shaped, [1, 0])
      assert.ok(isZero(concatenate([turned, turned], i % 2)!, work))
      assert.ok(isZero(slice(shaped, [{ axis: 0, first: 0, length: 1, step: 1 }]), work))
    }
    assert.equal(asked(), 1)
    assert.throws(() => isZero(counted(8, 8).constant, { left: 63 }), TOO_MUCH)
  })

  it('looks up numbers by as many steps as they were made in, and takes their sources once', () => {
    const { constant, asked } = counted(4, 6)
    const work = createWork(0)
    const { left } = work
    let made = constant
    for (let i = 0; i < 14; i++) {
      const doubled = concatenate([made, made], 0)!
      made = slice(doubled, [{ axis: 0, first: 2, length: 4, step: 1 }])
    }
    made = transpose(transpose(made, [1, 0]), [1, 0])
    assert.equal(valuesOf(made, work).length, 24)
    assert.equal(asked(), 1)
    assert.ok(left - work.left < 24 * 40, `${left - work.left}`)
    assert.throws(() => valuesOf(made, { left: 700 }), TOO_MUCH)
  })

  it('takes no more of the file into memory than a few results', () => {
    const large = Array.from({ length: 3 }, () => counted(2 ** 22, 1))
    const corners = large.map(({ constant }) => slice(constant, [{ axis: 0, first: 0, length: 1, step: 1 }]))
    assert.equal(valuesOf(concatenate(corners.slice(1), 0)!, createWork(0)).length, 2)
    assert.throws(() => valuesOf(concatenate(corners, 0)!, createWork(2 ** 26)), { message: TOO_LARGE })
    const [{ constant }] = large
    assert.throws(() => concatenate([constant, constant], 0), { message: TOO_LARGE })
    assert.throws(
      () => {
        for (let i = 0, made = counted(2, 2).constant; i <= 32; i++) made = transpose(made, [1, 0])
      },
      { message: TOO_LARGE },
    )
  })

  it('does not grow with what multiplies itself, nor with the axes of a chain of GRUs', async () => {
    const nodes = [
      node('Shape', ['x'], ['sizes'], '', {}),
      node('Gather', ['sizes', 'i'], ['n0'], '', {}),
      ...many(40, (i) => node('Mul', [`n${i}`, `n${i}`], [`n${i + 1}`], '', {})),
    ]
    const file = gruFile({}, { nodes, initialisers: [integers('i', [0])] })
    assert.deepEqual(await readModel(file), await readModel(gruFile()))

    const attributes = new Map([['hidden_size', { i: 2, floats: [], ints: [], strings: [] }]])
    const call: Node = { name: '', op: 'GRU', domain: '', inputs: [], outputs: [], attributes }
    const fed = (length: number) => {
      const time = Array.from({ length }, () => ({}))
      const { time: found } = callGru(call, [
        { kind: 'input', name: 'x', axes: [time, axis(), axis(2)], part: false },
      ])
      return found === time
    }
    assert.deepEqual([fed(6), fed(7)], [true, false])
  })

  it('is that of small files, one node or thousands', async () => {
    const made = gru()
    const plain = await readModel(gruFile())
    const repeat = (name: string, count: number): string[] => Array.from({ length: count }, () => name)
    const empty = [
      node('Concat', repeat('none', 30_000), ['c'], '', { axis: 0 }),
      node('Concat', ['gru.W', ...repeat('c', 20_000)], ['W'], '', { axis: 0 }),
      gru({ weights: ['W', 'gru.R', 'gru.B'] }).node,
    ]
    const none = floats('none', [0, 3 * H, INPUTS])
    const joined = onnxFile({ nodes: empty, initialisers: [none, ...made.weights] })
    assert.deepEqual((await readModel(joined)).model, plain.model)

    const names = (field: number, count: number, name: (i: number) => string): Chunks[] =>
      many(count / 10_000, (i) => message(...many(10_000, (j) => text(field, name(10_000 * i + j)))))
    const [taken, given] = [names(1, 110_000, () => 'x'), names(2, 70_000, (i) => `o${i}`)]
    const wide = message(...taken, ...given, text(4, 'Any'))
    assert.deepEqual((await readModel(gruFile({}, { nodes: [wide] }))).model, plain.model)

    const states = [
      node('Concat', repeat('S', 30_000), ['J'], '', { axis: 0 }),
      ...many(3000, (i) => node('Gather', ['J', 'i'], [`g${i}`], '', {})),
    ]
    const parts = { nodes: states, initialisers: [integers('i', [0])] }
    assert.deepEqual((await readModel(gruFile({ states: 'S' }, parts))).model, plain.model)
    const sentence = await refusal(gruFile({ states: 'S' }, { ...parts, outputs: ['J'] }))
    assert.match(sentence, /^the output "J" is made by the node "J" of type "Concat", which is not/)
  })

  it('is not that of many layers, each of weights made in many steps', async () => {
    const size = 400
    const layer = (l: number): Chunks[] => [
      ...many(30, (i) =>
        node('Transpose', [i === 0 ? 'R' : `t${l}.${i}`], [`t${l}.${i + 1}`], '', { perm: [0, 2, 1] }),
      ),
      gru({ name: `g${l}`, x: `x${l}`, y: `Y${l}`, hiddenSize: size, weights: ['W', `t${l}.30`, 'B'] }).node,
      node('Squeeze', [`Y${l}`, 'one'], [`x${l + 1}`], '', {}),
    ]
    const shared = [floats('R', [1, 3 * size, size]), floats('B', [1, 6 * size]), integers('one', [1])]
    const W = floats('W', [1, 3 * size, size])
    const unused = [floats('unused', [8 * 3 * size, size])]
    const of = (layers: number): Uint8Array =>
      onnxFile({
        nodes: Array.from({ length: layers }, (_, l) => layer(l)).flat(),
        initialisers: [W, ...shared, ...unused],
        inputs: { x0: ['t', 'b', size] },
        outputs: [`x${layers}`],
      })
    assert.equal((await readModel(of(1))).model.spec.layers, 1)
    assert.equal(await refusal(of(5)), TOO_MUCH.message)
  })
})

describe('ONNX numbers of several bytes', () => {
  it('are those of two’s complement', () => {
    const bits = 64n
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), fc.nat(5), (number, before) => {
        const bytes = Array.from({ length: before }, () => 0xff)
        let rest = BigInt.asUintN(Number(bits), number)
        do {
          bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
          rest >>= 7n
        } while (rest > 0n)
        const read = readVarint(Uint8Array.from([...bytes, 1]), before, 'it')
        assert.deepEqual(read, { value: Number(number), end: bytes.length })
      }),
    )
    const largest = Uint8Array.of(...Array.from({ length: 8 }, () => 0xff), 0x7f)
    assert.equal(readVarint(largest, 0, 'it').value, 2 ** 63)
    assert.equal(
      readVarint(Uint8Array.of(...Array.from({ length: 9 }, () => 0x80), 1), 0, 'it').value,
      -(2 ** 63),
    )
  })
})
