import assert from 'node:assert/strict'
import { closeSync, existsSync, mkdtempSync, openSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNumbers, type Numbers, openNumbers } from '../../../src/engine/gpu/numbers.ts'

/** What only Linux has: names of open files, and a file that is always full. */
const lacking = existsSync('/proc/self/fd') && existsSync('/dev/full') ? undefined : 'there is no Linux here'
const skipped = lacking ? ` (skipped: ${lacking})` : ''

describe('numbers that two processes share', () => {
  let folder: string
  let numbers: Numbers | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gruflow-numbers-'))
  })
  afterEach(() => {
    numbers?.close()
    numbers = undefined
    rmSync(folder, { recursive: true })
  })

  function works(made: Numbers): void {
    const first = made.write(0, Float32Array.of(1, 2, 3))
    const second = made.write(first.length, Float32Array.of(-0.5))
    assert.deepEqual([...made.read(first), ...made.read(second)], [1, 2, 3, -0.5])
    assert.throws(() => made.read({ at: 3, length: 2 }), /^Error: 2 numbers at 3 are missing/)
  }

  it('are read as they were written, one after another', () => {
    numbers = createNumbers()
    works(numbers)
  })

  it('are in the next folder when the first is not there or takes no file', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    for (const first of [join(folder, 'missing'), file]) {
      const made = createNumbers([first, folder])
      works(made)
      made.close()
    }
  })

  it(`are in the next folder when the first is nearly full${skipped}`, function () {
    if (lacking) this.skip()
    numbers = createNumbers([tmpdir(), folder], Number.MAX_VALUE)
    assert.ok(readlinkSync(`/proc/self/fd/${numbers.fd}`).startsWith(folder))
    works(numbers)
  })

  it('have a reason for each folder when there is none', () => {
    const folders = ['a', 'b'].map((name) => join(folder, name))
    assert.throws(() => createNumbers(folders), /^Error: no file can be made .*ENOENT.*; ENOENT/)
  })

  it(`say that they do not fit when the folder is full${skipped}`, function () {
    if (lacking) this.skip()
    const fd = openSync('/dev/full', 'r+')
    try {
      const full = /^Error: 3 numbers at 5 do not fit into the shared file: ENOSPC/
      assert.throws(() => openNumbers(fd).write(5, new Float32Array(3)), full)
    } finally {
      closeSync(fd)
    }
  })
})
