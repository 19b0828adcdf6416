import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'

describe('importing the package', () => {
  it('leaves the MQTT client to the first subscription', () => {
    const index = new URL('../../src/index.js', import.meta.url).href
    const script = `
      import { createRequire } from 'node:module'
      await import(${JSON.stringify(index)})
      console.log(Object.keys(createRequire(${JSON.stringify(index)}).cache).join('\\n'))`
    const loaded = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    assert.match(loaded, /[\\/]node_modules[\\/]rxjs[\\/]/)
    assert.doesNotMatch(loaded, /[\\/]node_modules[\\/]mqtt[\\/]/)
  })
})
