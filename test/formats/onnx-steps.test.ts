import assert from 'node:assert/strict'
import type { Chunks } from '../../src/formats/onnx/encode.ts'
import { readModel } from '../../src/formats/read.ts'
import { refusal } from './files.ts'
import { floats, type GruOptions, gru, gruFile, HIDDEN, integers, node, onnxFile } from './onnx-file.ts'

const H = HIDDEN
const LISTS = Object.entries({
  zero: [0],
  one: [1],
  three: [3],
  last: [-1],
  end: [2 ** 31],
  triple: [0, 0, -1],
  pair: [0, -1],
  unclear: [-1, 3, H],
  back: [-2],
  below: [-(2 ** 31)],
  before: [-3 * H - 1],
}).map(([name, list]) => integers(name, list))
const BOTH: GruOptions = { attributes: { direction: 'bidirectional' }, directions: 2 }

/** A GRU of outputs `Y` and last states `S`, nodes behind it that make `in`, and the linear layer `fc` over that. */
function headed(
  before: readonly Chunks[],
  options: GruOptions = {},
  after: readonly Chunks[] = [],
  output = 'out',
): Uint8Array {
  return gruFile(
    { y: 'Y', states: 'S', ...options },
    {
      nodes: [...before, node('MatMul', ['in', 'fc.weight'], ['out'], 'fc', {}), ...after],
      initialisers: [...LISTS, floats('fc.weight', [(options.directions ?? 1) * H, 2])],
      outputs: [output],
    },
  )
}

/** Entries of the first axis. */
const slice = (from: string, start: string, end: string, to: string): Chunks =>
  node('Slice', [from, start, end, 'zero'], [to], `slice to ${to}`, {})
const squeeze = (to: string): Chunks => node('Squeeze', ['Y', 'one'], [to], 'squeeze', {})
/** Both directions in one vector of features. */
const together = (to: string): Chunks[] => [
  node('Transpose', ['Y'], ['apart'], 'transpose', { perm: [0, 2, 1, 3] }),
  node('Reshape', ['apart', 'triple'], [to], 'join', {}),
]
const only = (step: string): string =>
  `the file gives only the ${step} step of a sequence, here every step has its outputs`
const other = (name: string, op: string): string =>
  `the output "out" is made by the node "${name}" of type "${op}", which is not a linear layer over the GRU's outputs; take the GRU alone with head false, or name its linear layer with the option head`

describe('ONNX linear layers over some steps', () => {
  const cases = [
    ['the last step', [squeeze('rows'), slice('rows', 'last', 'end', 'in')], {}, 'last'],
    ['the first step', [squeeze('rows'), slice('rows', 'zero', 'one', 'in')], {}, 'first'],
    ['last states', [node('Squeeze', ['S', 'zero'], ['in'], 's', {})], {}, 'last'],
    [
      'last states of what runs backwards, which are those of the first step',
      [node('Squeeze', ['S', 'zero'], ['in'], 's', {})],
      { attributes: { direction: 'reverse' } },
      'first',
    ],
    [
      'the last step of both directions',
      [...together('rows'), slice('rows', 'last', 'end', 'in')],
      BOTH,
      'last',
    ],
  ] as const
  for (const [what, nodes, options, step] of cases) {
    it(`are taken for every step, which is noted: ${what}`, async () => {
      const { model, notes } = await readModel(headed(nodes, options))
      const isBoth = 'directions' in options
      const whole = await readModel(headed(isBoth ? together('in') : [squeeze('in')], options))
      assert.deepEqual(model, whole.model)
      assert.deepEqual([notes, whole.notes], [[only(step)], []])
    })
  }

  it('are noted as well where an option names the layer, or leaves it out', async () => {
    const cut = [squeeze('rows'), slice('rows', 'last', 'end', 'in')]
    const shown = headed(cut, {}, [node('Relu', ['out'], ['more'], 'relu', {})], 'more')
    assert.deepEqual((await readModel(shown, { head: 'fc' })).notes, [
      'what comes beside or after the linear layer is left out',
      only('last'),
    ])
    const alone = headed(cut, {}, [], 'in')
    assert.deepEqual((await readModel(alone, { head: false })).notes, [
      'what comes after the GRU is left out',
      only('last'),
    ])
  })

  it('are not noted where the file has all steps, too', async () => {
    const file = headed([squeeze('in')], {}, [slice('out', 'last', 'end', 'some')], 'some')
    assert.deepEqual((await readModel(file)).notes, [only('last')])
    const both = gruFile(
      { y: 'Y' },
      {
        nodes: [
          squeeze('in'),
          node('MatMul', ['in', 'fc.weight'], ['out'], 'fc', {}),
          slice('out', 'last', 'end', 'some'),
        ],
        initialisers: [...LISTS, floats('fc.weight', [H, 2])],
        outputs: ['some', 'out'],
      },
    )
    assert.deepEqual((await readModel(both)).notes, [])
  })

  const refused: readonly (readonly [string, readonly Chunks[], GruOptions, string])[] = [
    [
      'last states of two directions, which no step has together',
      [
        node('Transpose', ['S'], ['apart'], 't', { perm: [1, 0, 2] }),
        node('Reshape', ['apart', 'pair'], ['in'], 'r', {}),
      ],
      BOTH,
      other('fc', 'MatMul'),
    ],
    [
      'the first three steps',
      [squeeze('rows'), slice('rows', 'zero', 'three', 'in')],
      {},
      other('slice to in', 'Slice'),
    ],
    [
      'the step before the last',
      [squeeze('rows'), node('Gather', ['rows', 'back'], ['in'], 'gather', { axis: 0 })],
      {},
      other('gather', 'Gather'),
    ],
    [
      'the first step or all, as three rows may be read',
      [squeeze('rows'), node('Reshape', ['rows', 'unclear'], ['in'], 'r', {})],
      {},
      other('r', 'Reshape'),
    ],
  ]
  for (const [what, nodes, options, sentence] of refused) {
    it(`are refused: ${what}`, async () => {
      assert.equal(await refusal(headed(nodes, options)), sentence)
    })
  }
})

describe('ONNX weights that the graph makes', () => {
  const plain = gru()
  /** A file whose recurrent weights are made by these nodes of `stored`, [1, 3H, H] counted up in eighths. */
  const made = (values: readonly number[], shape: readonly number[], ...nodes: Chunks[]): Uint8Array =>
    onnxFile({
      nodes: [...nodes, gru({ weights: ['gru.W', 'R', 'gru.B'] }).node],
      initialisers: [plain.weights[0], plain.weights[2], floats('stored', shape, values), ...LISTS],
    })
  const rows = Array.from({ length: 3 * H }, (_, i) => Array.from({ length: H }, (_, j) => (i * H + j) / 8))
  const want = made(rows.flat(), [1, 3 * H, H], node('Identity', ['stored'], ['R'], 'same', {}))
  const same = async (file: Uint8Array): Promise<void> =>
    assert.deepEqual((await readModel(file)).model, (await readModel(want)).model)

  it('may be stored backwards, to the end and beyond it', async () => {
    const back = [...rows].reverse().flat()
    for (const end of ['below', 'before']) {
      const turned = node('Slice', ['stored', 'last', end, 'one', 'last'], ['R'], 's', {})
      await same(made(back, [1, 3 * H, H], turned))
    }
  })

  it('may be columns, parts of several axes, joined along any, and none of some', async () => {
    const columns = Array.from({ length: H }, (_, j) => rows.map((row) => row[j]))
    await same(
      made(columns.flat(), [1, H, 3 * H], node('Transpose', ['stored'], ['R'], 't', { perm: [0, 2, 1] })),
    )
    const padded = [...rows, rows[0]].map((row) => [-1, ...row])
    const cut = node('Slice', ['stored'], ['R'], 's', { starts: [0, 1], ends: [3 * H, 100], axes: [1, 2] })
    await same(made(padded.flat(), [1, 3 * H + 1, H + 1], cut))
    const part = (to: string, starts: number, ends: number): Chunks =>
      node('Slice', ['stored'], [to], to, { starts: [starts], ends: [ends], axes: [2] })
    const parts = [part('a', 0, 1), part('none', 1, 1), part('b', 1, H)]
    const joined = node('Concat', ['none', 'a', 'none', 'b', 'none'], ['R'], 'c', { axis: 2 })
    await same(made(rows.flat(), [1, 3 * H, H], ...parts, joined))
  })
})
