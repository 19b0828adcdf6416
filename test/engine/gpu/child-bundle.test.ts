import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const built = fileURLToPath(new URL('../../../src/engine/gpu/child/gpujs.js', import.meta.url))

describe('gpu.js in the package', () => {
  it('needs no other package', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gruflow-bundle-'))
    try {
      const alone = join(folder, 'gpujs.mjs')
      copyFileSync(built, alone)
      const module = (await import(pathToFileURL(alone).href)) as object
      assert.deepEqual(Object.keys(module), ['openGpuJs'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('comes with the licence of everything in it', () => {
    const text = readFileSync(built.replace(/\.js$/, '.licenses.txt'), 'utf8')
    for (const name of ['gpu.js', 'acorn', 'gpu-mock.js', 'gl-wiretap']) {
      assert.match(text, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+`, 'm'))
    }
    assert.equal(text.match(/Permission is hereby granted/g)?.length, 4)
  })
})
