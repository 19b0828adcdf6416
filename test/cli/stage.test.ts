import assert from 'node:assert/strict'
import { endAll } from '../../src/cli/stage.ts'

describe('stage', () => {
  it('ends everything in order, whatever fails, then tells the first failure', async () => {
    const ended: string[] = []
    const ends = [
      () => ended.push('sensors'),
      () => Promise.reject(new Error('disk full')),
      async () => ended.push('Node-RED'),
      () => {
        throw new Error('too late')
      },
      () => ended.push('broker'),
    ]
    await assert.rejects(endAll(ends), { message: 'disk full' })
    assert.deepEqual(ended, ['sensors', 'Node-RED', 'broker'])
  })
})
