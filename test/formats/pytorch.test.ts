import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { gruSpec, presets } from '../../src/engine/spec.ts'
import { FormatError } from '../../src/formats/error.ts'
import { inspectModel, readModel } from '../../src/formats/read.ts'
import { readZip } from '../../src/formats/zip/read.ts'
import { writeZip } from '../../src/formats/zip/write.ts'
import { dict, int, legacyFile, pickle, tensor } from './pickle-bytes.ts'
import { open } from './pickle-refusal.ts'

interface Expected {
  readonly files: Readonly<
    Record<string, Readonly<Record<string, { shape: number[]; dtype: string; values: number[] }>>>
  >
}

const FOLDER = new URL('../../../test/fixtures/weights-extra/', import.meta.url)
const expected: Expected = JSON.parse(readFileSync(new URL('expected.json', FOLDER), 'utf8'))
const DTYPES: Readonly<Record<string, string>> = {
  float64: 'F64',
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
}

const load = (name: string): Buffer => readFileSync(new URL(name, FOLDER))

/** The same zip file with entries changed, by their names without the folder. */
function rezip(name: string, change: (entries: Map<string, Uint8Array>) => void, folder = 'x'): Uint8Array {
  const entries = new Map(
    [...readZip(load(name))].map(([path, unpack]) => [path.slice(path.indexOf('/') + 1), unpack()]),
  )
  change(entries)
  return writeZip([...entries].map(([path, bytes]) => [`${folder}/${path}`, bytes]))
}

async function refused(bytes: Uint8Array): Promise<string> {
  const error = await readModel(bytes).catch((reason: unknown) => reason)
  assert.ok(error instanceof FormatError, String(error))
  return error.message
}

describe('files of pytorch', () => {
  for (const [name, tensors] of Object.entries(expected.files)) {
    it(`reads ${name} as torch does`, async () => {
      const contents = await open(load(name))
      assert.deepEqual([...contents.tensors.keys()].sort(), Object.keys(tensors).sort())
      for (const [key, { shape, dtype, values }] of Object.entries(tensors)) {
        const found = contents.tensors.get(key)!
        assert.deepEqual(found.shape, shape, key)
        assert.equal(found.dtype, DTYPES[dtype], key)
        assert.deepEqual([...found.values()], values, key)
      }
    })
  }

  it('finds the one model in all of them', async () => {
    const { model } = await readModel(load('views.pt'))
    const sizes = { inputSize: 2, hiddenSize: 3, layers: 1, outputSize: 1 }
    assert.deepEqual(model.spec, gruSpec({ ...presets.pytorch, ...sizes }))
    for (const name of ['lightning.pt', 'numpy.2.pt', 'numpy.4.pt', 'parallel.f64.pt', 'views.legacy.pt']) {
      const other = await readModel(load(name))
      assert.equal(other.format, 'pytorch')
      assert.deepEqual(other.model.spec, model.spec, name)
      assert.deepEqual(other.model.weights, model.weights, name)
    }
  })

  it('says what stands beside the weights', async () => {
    const { metadata } = await inspectModel(load('lightning.pt'))
    assert.deepEqual(Object.fromEntries(metadata), {
      epoch: '1',
      global_step: '2',
      'pytorch-lightning_version': '"1.9.0"',
      hparams_name: '"kwargs"',
      'hyper_parameters.hidden_size': '3',
      'hyper_parameters.lr': '0.001',
      'hyper_parameters.seed': String(2 ** 40),
      'hyper_parameters.__proto__': '"data"',
    })
  })

  it('leaves arrays and random states of NumPy alone', async () => {
    for (const name of ['numpy.2.pt', 'numpy.4.pt']) {
      const { metadata, notes, problem } = await inspectModel(load(name))
      assert.equal(problem, undefined)
      assert.match(notes.join(), /left out: "opt\.state\.0\.step"/)
      assert.deepEqual(
        ['history.loss', 'counts.seen', 'mean'].map((key) => metadata.get(key)),
        [undefined, '3', undefined],
      )
    }
  })

  it('refuses models with their code', async () => {
    assert.match(
      await refused(load('model.pt')),
      /^the file names "GRU" of "torch.nn.modules.rnn".*torch\.save\(model\.state_dict\(\), path\)$/,
    )
    assert.match(await refused(load('torchscript.pt')), /^the file is a TorchScript program.*state_dict/)
  })

  it('refuses the tar files of old', async () => {
    const tar = Buffer.alloc(1024)
    tar.write('sys_info')
    tar.write('ustar', 257)
    assert.match(await refused(tar), /^the file is of a PyTorch older than 0\.1\.10.*state_dict/)
  })

  describe('in zip files', () => {
    it('lie in a folder of any name', async () => {
      const { model } = await readModel(load('views.pt'))
      for (const folder of ['__proto__', 'Ordner ü', '..']) {
        assert.deepEqual((await readModel(rezip('views.pt', () => {}, folder))).model, model)
      }
    })

    it('have a byte order', async () => {
      const swapped = rezip('lightning.pt', (entries) => {
        for (const [name, bytes] of entries) {
          if (name.startsWith('data/')) entries.set(name, new Uint8Array(Buffer.from(bytes).swap32()))
        }
        entries.set('byteorder', Buffer.from('big'))
      })
      assert.deepEqual((await readModel(swapped)).model, (await readModel(load('lightning.pt'))).model)
      const odd = rezip('views.pt', (entries) => entries.set('byteorder', Buffer.from('middle')))
      assert.equal(await refused(odd), 'the file has the byte order "middle"')
    })

    it('have one pickle, and nothing after it', async () => {
      const more = rezip('views.pt', (entries) => {
        entries.set('data.pkl', Buffer.concat([entries.get('data.pkl')!, Buffer.from('.')]))
      })
      assert.equal(await refused(more), 'the pickle in the file has bytes after its end')
      const two = writeZip(['a', 'b'].map((folder) => [`${folder}/data.pkl`, pickle(dict())]))
      assert.equal(await refused(two), 'the zip file has 2 entries data.pkl in folders, not one')
    })

    it('have the bytes that the pickle asks for', async () => {
      const without = rezip('views.pt', (entries) => entries.delete('data/0'))
      assert.equal(await refused(without), 'the file has no bytes for the storage "0"')
      const shorter = rezip('views.pt', (entries) => {
        entries.set('data/0', entries.get('data/0')!.subarray(4))
      })
      assert.match(await refused(shorter), /^the storage "0" of 72 F32 has 284 bytes in the file$/)
      const outside = writeZip([['x/data.pkl', pickle(dict(['w', tensor({ key: '../version' })]))]])
      assert.equal(await refused(outside), 'the file has no bytes for the storage "../version"')
    })

    it('are told from other zip files, and when cut off', async () => {
      const other = await refused(writeZip([['data.pkl', pickle(dict())]]))
      assert.doesNotMatch(other, /pickle/)
      assert.match(await refused(load('views.pt').subarray(0, 900)), /^the zip file is cut off/)
    })
  })

  describe('of before zip files', () => {
    const good = legacyFile(pickle(dict(['w', tensor()])))

    it('have the version 1001', async () => {
      const at = good.indexOf(int(1001))
      const other = Buffer.from(good)
      int(1002).copy(other, at)
      assert.equal(await refused(other), 'the file has the version 1002, not 1001')
    })

    it('end with their last storage', async () => {
      assert.equal(
        await refused(Buffer.concat([good, Buffer.from([0])])),
        'the file has 1 bytes after its end',
      )
      assert.equal(await refused(good.subarray(0, -1)), 'the file is cut short in its storages')
    })

    it('list each storage once', async () => {
      const twice = Buffer.from(legacyFile(pickle(dict(['w', tensor()])), { 0: [1, 2, 3, 4, 5, 6], 1: [1] }))
      assert.match(
        await refused(twice),
        /^the file lists the storage "1", which is not used or listed before$/,
      )
    })
  })

  it('holds numbers that must be finite and of a floating-point type to be weights', async () => {
    const { tensors } = await open(
      legacyFile(pickle(dict(['nan', tensor()], ['int', tensor({ key: '1', type: 'IntStorage' })])), {
        0: [1, 2, Number.NaN, 4, 5, 6],
        1: [1, 2, 3, 4, 5, 6],
      }),
    )
    assert.throws(() => tensors.get('nan')?.values(), /tensor "nan" holds NaN at index 2/)
    assert.throws(() => tensors.get('int')?.values(), /tensor "int" is of type I32/)
  })
})
