import assert from 'node:assert/strict'
import {
  call,
  dict,
  global,
  int,
  join,
  legacyFile,
  list,
  long,
  op,
  pickle,
  tensor,
  text,
  tuple,
  u32,
} from './pickle-bytes.ts'
import { open, refuses } from './pickle-refusal.ts'

const repeat = (count: number, ...parts: readonly Uint8Array[]): Buffer =>
  join(...Array.from({ length: count }, () => join(...parts)))
const numpyDtype = join(call(global('numpy', 'dtype'), text('f8')), tuple(int(3), text('<')), op('b'))
const orderedDict = global('collections', 'OrderedDict')

describe('pickle', () => {
  it('takes plain data beside tensors, of every protocol', async () => {
    const { tensors, metadata } = await open(
      legacyFile(
        pickle(
          dict(
            ['none', op('N')],
            ['true', op('\x88')],
            ['byte', op('K\xff')],
            ['short', op('M\x01\x02')],
            ['int', int(-5)],
            ['long', long(-(2n ** 40n))],
            ['beyond', long(2n ** 60n)],
            ['float', op('G\x3f\xf8\0\0\0\0\0\0')],
            ['__proto__', text('ö"')],
            ['bytes', op('B\x02\0\0\0ab')],
            ['few bytes', op('C\x02ab')],
            ['short text', op('\x8c\x02ab')],
            ['set', join(op('\x8f('), int(1), op('\x90'))],
            ['frozenset', join(op('('), int(1), op('\x91'))],
            ['one', op('K\x01\x85')],
            ['size', call(global('torch', 'Size'), tuple(int(1)))],
            ['dtype', global('torch', 'float32')],
            ['stacked', join(text('collections'), text('Counter'), op('\x93)R'))],
            ['scalar', call(global('numpy.core.multiarray', 'scalar'), numpyDtype, op('C\x01a'))],
            ['w', tensor()],
            [int(7), join(op('\x95\0\0\0\0\0\0\0\0'), tensor(), op('\x94'))],
            [tuple(text('no'), text('name')), tensor()],
          ),
        ),
      ),
    )
    assert.deepEqual(
      [...metadata],
      [
        ['true', 'true'],
        ['byte', '255'],
        ['short', '513'],
        ['int', '-5'],
        ['long', '-1099511627776'],
        ['float', '1.5'],
        ['__proto__', '"ö\\""'],
        ['short text', '"ab"'],
        ['one.0', '1'],
      ],
    )
    assert.deepEqual([...tensors.keys()], ['w', '7'])
    assert.deepEqual([...tensors.get('7')!.values()], [1, 2, 3, 4, 5, 6])
  })

  it('takes the later of two values of a key', async () => {
    const { metadata } = await open(legacyFile(pickle(dict(['a', int(1)], ['w', tensor()], ['a', int(2)]))))
    assert.deepEqual([...metadata], [['a', '2']])
  })

  it('takes the module versions of a state_dict, and nothing else, as attributes', async () => {
    const state = (name: string): Buffer =>
      join(orderedDict, op(')R'), text('w'), tensor(), op('s'), dict([name, dict()]), op('b'))
    assert.deepEqual([...(await open(legacyFile(pickle(state('_metadata'))))).tensors.keys()], ['w'])
    await assert.rejects(open(legacyFile(pickle(state('__class__')))), /sets attributes of an object/)
  })

  describe('runs nothing and refuses', () => {
    const named = (module: string, name: string): RegExp =>
      new RegExp(
        `^the file names "${name}" of "${module}", which weights do not need, and nothing of it was run`,
      )
    const system = global('os', 'system')
    refuses('a function', pickle(call(system, text('touch pwned'))), named('os', 'system'))
    refuses('a function under its own module', pickle(global('posix', 'system')), named('posix', 'system'))
    refuses('eval', pickle(call(global('builtins', 'eval'), text('1'))), named('builtins', 'eval'))
    refuses('getattr', pickle(global('__builtin__', 'getattr')), named('__builtin__', 'getattr'))
    refuses('torch.load', pickle(global('torch.storage', '_load_from_bytes')), /_load_from_bytes/)
    refuses('a prototype', pickle(global('__proto__', 'toString')), /"toString" of "__proto__"/)
    refuses('a name by the stack', pickle(text('os'), text('system'), op('\x93')), named('os', 'system'))
    refuses('a name that is no text', pickle(int(1), int(2), op('\x93')), /by what is no text/)
    refuses(
      'a hostile name',
      pickle(global(`\u202e\x1b[2J${'x'.repeat(999)}`, 'y')),
      /"\\u202e\\u001b\[2Jx+…"/,
    )
    refuses(
      'a whole model',
      pickle(global('torch.nn.modules.rnn', 'GRU')),
      /torch\.save\(model\.state_dict\(\), path\)$/,
    )
    refuses('a model with its source', pickle(tuple(text('module')), op('Q')), /other than a storage/)
    refuses('a call of a storage', pickle(call(global('torch', 'FloatStorage'))), /calls torch\.FloatStorage/)
    refuses('a call of data', pickle(call(text('x'))), /calls a string/)
    refuses('a call without a tuple', pickle(orderedDict, list(), op('R')), /calls a global/)
    refuses('an OrderedDict of arguments', pickle(call(orderedDict, list())), /OrderedDict with arguments/)
    const instruction = (code: number): RegExp =>
      new RegExp(
        `^the pickle has the instruction 0x${code.toString(16)} at byte \\d+, which weights do not need$`,
      )
    for (const [name, code] of Object.entries({
      INST: 0x69,
      OBJ: 0x6f,
      NEWOBJ: 0x81,
      NEWOBJ_EX: 0x92,
      EXT1: 0x82,
      EXT2: 0x83,
      EXT4: 0x84,
      PERSID: 0x50,
      LONG4: 0x8b,
      DUP: 0x32,
      POP: 0x30,
      PUT: 0x70,
      GET: 0x67,
      BINBYTES8: 0x8e,
      BYTEARRAY8: 0x96,
      NEXT_BUFFER: 0x97,
    })) {
      refuses(
        name,
        pickle(orderedDict, op(`)${String.fromCharCode(code)}\xff\xff\xff\x7f`)),
        instruction(code),
      )
    }
  })

  describe('refuses what does not add up', () => {
    refuses('a protocol to come', join(op('\x80\x06'), pickle(dict())), /protocol that is not known/)
    refuses('an empty stack', pickle(op('a')), /takes a value that is not there/)
    refuses(
      'values below a mark',
      pickle(dict(), op('(K\x01K\x01s')),
      /takes a value that is not there|no dict/,
    )
    refuses('no mark', pickle(op('t')), /mark that is not there/)
    refuses('two results', pickle(op('NN')), /leaves values over/)
    refuses('a mark left', pickle(op('(N')), /leaves values over/)
    refuses('a memo that is empty', pickle(op('h\x05')), /asks for value 5 of its memo/)
    refuses('a memo far away', pickle(op('j\xff\xff\xff\xff')), /asks for value 4294967295 of its memo/)
    refuses('nothing put in the memo', pickle(op('q\0')), /takes a value that is not there/)
    refuses('appending to a tuple', pickle(op(')Na')), /appends to what is no list/)
    refuses('items of a list', pickle(op(']NNs')), /sets an item of what is no dict/)
    refuses('a key alone', pickle(op('}(Nu')), /key without a value/)
    refuses('items of no set', pickle(op('](N\x90')), /adds items to what is no set/)
    refuses('text that is not UTF-8', pickle(op('X\x01\0\0\0\xff')), /is not UTF-8/)
    refuses('no dict at all', pickle(tensor()), /no weights by name but one tensor/)
  })

  describe('refuses what would not end or not fit', () => {
    const doubled = join(op('Nq\0'), repeat(30, op('h\0h\0\x86q\0')))
    refuses(
      'a list that doubles thirty times',
      pickle(op(']('), doubled, op('e')),
      /repeats its values too often/,
    )
    refuses('a list of itself', pickle(op(']q\0h\0a')), /nested more than 32 levels deep, or holds itself/)
    refuses('a dict of itself', pickle(op('}q\0'), text('a'), op('h\0s')), /nested more than 32 levels deep/)
    refuses(
      'deep lists',
      pickle(repeat(1000, op(']')), repeat(999, op('a'))),
      /nested more than 32 levels deep/,
    )
    refuses('many containers', pickle(repeat(70_000, op(']'))), /makes more than 65536 containers/)
    refuses(
      'many OrderedDicts',
      pickle(orderedDict, op('q\0'), repeat(70_000, op('h\0)R'))),
      /more than 65536/,
    )
    refuses('many marks', pickle(repeat(70_000, op('('))), /sets more than 65536 marks/)
    refuses('a large memo', pickle(op('N'), repeat(70_000, op('\x94'))), /remembers more than 65536 values/)
    refuses('many tensors', pickle(repeat(1001, tensor())), /holds more than 1000 tensors/)
    refuses(
      'one tensor many times',
      pickle(op(']('), tensor(), op('q\x01'), repeat(1000, op('h\x01')), op('e')),
      /names more than 1000 tensors/,
    )
    const wide = join(op(']('), repeat(100_000, op('N')), op('eq\0'))
    refuses('a long list many times', pickle(op(']('), wide, repeat(100, op('h\0')), op('e')), /too often/)
    const key = text('k'.repeat(400))
    refuses(
      'names that grow',
      pickle(dict([key, dict([key, tensor()])])),
      /a name in the file has 801 characters/,
    )
    refuses(
      'a pickle of 2 MB',
      pickle(op('B'), u32(2 ** 21), Buffer.alloc(2 ** 21)),
      /more than 1048576 bytes/,
    )
    refuses('text of 4 GB', pickle(op('X\xff\xff\xff\xff')), /cut short at byte/)
    refuses('a name without an end', op(`c${'x'.repeat(99)}`), /cut short|not UTF-8|is not/)
    refuses(
      'two tensors of one name',
      pickle(dict(['a.b', tensor()], ['a', dict(['b', tensor()])])),
      /two tensors named "a\.b"/,
    )
  })
})
