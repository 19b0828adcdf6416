import assert from 'node:assert/strict'
import { initialise } from '../../src/engine/initialise.ts'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { readNpy, writeNpy } from '../../src/formats/npz/npy.ts'
import { inspectModel, readModel } from '../../src/formats/read.ts'
import { writeModel } from '../../src/formats/write.ts'
import { readZip } from '../../src/formats/zip/read.ts'
import { writeZip } from '../../src/formats/zip/write.ts'
import { npzWith, refusal } from './files.ts'

const spec = gruSpec({ ...presets.numpyTextbook, inputSize: 2, hiddenSize: 3, outputSize: 1 })
const model = initialise(spec)

/** An array of any header, as NumPy writes them but for the padding. */
function npyOf(header: string, data: Uint8Array = new Uint8Array(), version = 1): Uint8Array {
  const length = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4)
  length.writeUIntLE(header.length, 0, length.byteLength)
  const head = Buffer.from('\x93NUMPY\0\0', 'latin1')
  head[6] = version
  return Uint8Array.from(Buffer.concat([head, length, Buffer.from(header), data]))
}

const dict = (descr: string, shape = '(2,)', order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`

/** Entries of a file of ours, changed. */
function changed(change: (entries: Map<string, Uint8Array>) => void): Uint8Array {
  const entries = new Map(
    [...readZip(writeModel(model, { format: 'npz' }).bytes)].map(([name, unpack]) => [name, unpack()]),
  )
  change(entries)
  return writeZip(entries)
}

describe('npy', () => {
  it('reads headers in other words than NumPy has', () => {
    for (const header of [
      dict("'<f2'"),
      '{"shape":(2,),"fortran_order":False,"descr":"=f2"}',
      ` { 'fortran_order' : False , 'shape' : (2,) , 'descr' : '|f2' } \n`,
    ]) {
      for (const version of [1, 2, 3]) {
        const array = readNpy(npyOf(header, new Uint8Array(4), version), '"a"')
        assert.deepEqual([array.shape, array.dtype, array.littleEndian], [[2], 'F16', true])
      }
    }
    assert.deepEqual(readNpy(npyOf(dict("'>f8'", '()'), new Uint8Array(8)), '"a"').shape, [])
    assert.deepEqual(readNpy(npyOf(dict("'>f8'", '(2, 0)', 'True')), '"a"').fortranOrder, true)
  })

  it('begins its numbers at a multiple of 64, as NumPy does', () => {
    const array = writeNpy(Float32Array.of(1, 2, 3), [3, 1])
    assert.equal((array.byteLength - 12) % 64, 0)
    assert.equal(array[array.byteLength - 13], 0x0a)
  })

  const unreadable = (header: string): string =>
    `"a" has a header that cannot be read: ${JSON.stringify(header)}`
  const refusals: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(5), '"a" is no NumPy array: it is cut off'],
    [new Uint8Array(50), '"a" is no NumPy array'],
    [npyOf(dict("'<f4'"), new Uint8Array(8), 4), '"a" is a NumPy array of version 4; read are 1 to 3'],
    [npyOf(dict("'<f4'")).subarray(0, 30), '"a" is cut off in its header'],
    [
      npyOf(dict("'<f4'").padEnd(2 ** 20 + 1), undefined, 2),
      '"a" has a header of 1048577 bytes, at most 1048576 are read',
    ],
    [npyOf(dict("[('x', '<f4')]")), '"a" holds records, not numbers'],
    [npyOf(dict("'f4'")), '"a" has the unknown type "f4"'],
    [npyOf("{'descr': __import__('os'), }"), unreadable("{'descr': __import__('os'), }")],
    [npyOf("{'descr': '<f4', 'descr': '<f4', }"), unreadable("{'descr': '<f4', 'descr': '<f4', }")],
    [npyOf("{'descr': '<f4'}"), unreadable("{'descr': '<f4'}")],
    [npyOf("{'descr': '<f4', 'x': 1}"), unreadable("{'descr': '<f4', 'x': 1}")],
  ]
  for (const [bytes, message] of refusals) {
    it(`says: ${message}`, () => {
      assert.throws(() => readNpy(bytes, '"a"'), { name: 'FormatError', message })
    })
  }

  it('refuses headers that say something else', () => {
    for (const header of [
      dict('1'),
      dict("'<f4'", '(2)'),
      dict("'<f4'", '(-2,)'),
      dict("'<f4'", '(2,,)'),
      dict("'<f4'", '(2 3)'),
      dict("'<f4'", "('2',)"),
      dict("'<f4'", '2'),
      dict("'<f4'", '(2,)', '0'),
      `${dict("'<f4'")} and more`,
      dict("'<f4'").slice(0, -1),
      '',
      '\0',
    ]) {
      assert.throws(() => readNpy(npyOf(header, new Uint8Array(8)), '"a"'), {
        name: 'FormatError',
        message: /^"a" has a header that cannot be read: /,
      })
    }
  })
})

describe('npz', () => {
  it('shows arrays without the description of the model, and that', async () => {
    const shown = await inspectModel(writeModel(model, { format: 'npz' }).bytes)
    assert.deepEqual(
      shown.tensors.map(({ name, shape }) => `${name} ${shape}`),
      [
        'Wr 3,2',
        'Ur 3,3',
        'br 3,1',
        'Wz 3,2',
        'Uz 3,3',
        'bz 3,1',
        'Wh 3,2',
        'Uh 3,3',
        'bh 3,1',
        'Wo 1,3',
        'bo 1,1',
      ],
    )
    assert.deepEqual([...shown.metadata.keys()], ['gruflow'])
    assert.deepEqual(shown.spec, spec)
  })

  const text = new TextEncoder().encode('{"version":1,"spec":{"inputSize":2,"hiddenSize":3}}')
  const refusals: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'what is no array',
      changed((entries) => entries.set('x.txt', new Uint8Array(3))),
      'the file has "x.txt", which is no NumPy array',
    ],
    [
      'numbers that do not fill the shape',
      changed((entries) => entries.set('Wr.npy', entries.get('Wr.npy')!.slice(0, -1))),
      '"Wr" of shape [3, 2] and type F32 needs 24 bytes, the file has 23',
    ],
    [
      'a description of another GRU',
      changed((entries) => entries.delete('Wo.npy') && entries.delete('bo.npy')),
      'the description is of another GRU than the arrays of the file',
    ],
    [
      'a description of other equations',
      changed((entries) => entries.set('gruflow.npy', writeNpy(text, [text.byteLength]))),
      'weights named Wr, Ur, … are of the presets numpy, numpyLiteral, numpyTextbook, not pytorch',
    ],
    [
      'a description that is no text',
      changed((entries) => entries.set('gruflow.npy', writeNpy(Float32Array.of(1), [1]))),
      'the array "gruflow" is not text in bytes',
    ],
    [
      'a description larger than any header',
      changed((entries) => entries.set('gruflow.npy', writeNpy(new Uint8Array(2 ** 20 + 1), [2 ** 20 + 1]))),
      'the array "gruflow" has 1048577 bytes, at most 1048576 are read',
    ],
    [
      'more arrays than a model has',
      npzWith(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`a${i}`, [0]]))),
      'the file has 1001 arrays, at most 1000 are read',
    ],
  ]
  for (const [what, bytes, message] of refusals) {
    it(`refuses ${what}`, async () => assert.equal(await refusal(bytes), message))
  }

  it('shows Python objects, and leaves them alone', async () => {
    const object = npyOf(dict("'|O'", '()'), Buffer.from('cos\nsystem\n.'))
    const file = (name: string): Uint8Array =>
      changed((entries) => entries.delete('gruflow.npy') && entries.set(`${name}.npy`, object))
    const shown = await inspectModel(file('config'))
    assert.deepEqual(shown.tensors.at(-1), { name: 'config', shape: [], dtype: 'other' })
    assert.match(shown.problem!, /the file has .*"config" \[\], which is not one linear layer/)
    assert.equal((await readModel(file('config'), { head: 'Wo' })).model.spec.outputSize, 1)
    assert.equal(await refusal(file('Wr'), { head: false }), '"Wr" has the shape [], which is no matrix')
    const matrix = changed(
      (entries) => entries.delete('gruflow.npy') && entries.set('Wr.npy', npyOf(dict("'|O'", '(3, 2)'))),
    )
    assert.equal(await refusal(matrix), '"Wr" is of type other; weights must be floating-point numbers')
  })

  it('takes no part of a file that describes itself', async () => {
    const { bytes } = writeModel(model, { format: 'npz' })
    assert.equal(
      await refusal(bytes, { head: false }),
      'the file describes its model itself, so neither prefix nor head can choose a part of it',
    )
    assert.deepEqual((await readModel(bytes, { preset: 'numpyTextbook' })).model, model)
  })

  it('refuses a file cut off at any length', async () => {
    const { bytes } = writeModel(initialise(gruSpec({ ...presets.numpy, inputSize: 1, hiddenSize: 1 })), {
      format: 'npz',
    })
    for (let length = 0; length < bytes.byteLength; length++) await refusal(bytes.subarray(0, length))
  })
})
