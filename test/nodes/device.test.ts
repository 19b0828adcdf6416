import assert from 'node:assert/strict'
import { createDeviceLog, type Ran } from '../../nodes/device.ts'

describe('the log of what runs a model', () => {
  function logged(...heard: readonly Ran[]): string[] {
    const lines: string[] = []
    const log = createDeviceLog({
      log: (line) => lines.push(`log ${line}`),
      warn: (line) => lines.push(`warn ${line}`),
    })
    for (const ran of heard) log(ran)
    return lines
  }
  const wasm = (reason: string): Ran => ({ device: 'cpu:wasm', reason })
  const gpu = (reason: string): Ran => ({ device: 'gpu:nvidia', reason })

  it('has a line for each change of the device, or of the kind of reason', () => {
    assert.deepEqual(
      logged(wasm('asked for'), wasm('asked for'), gpu('asked for'), wasm('no GPU was found')),
      [
        'log the model runs on cpu:wasm: asked for',
        'log the model runs on gpu:nvidia: asked for',
        'log the model runs on cpu:wasm: no GPU was found',
      ],
    )
  })

  it('has none where only what was measured is another number', () => {
    const comes = (batch: string): Ran => wasm(`readings come ${batch} at a time, the GPU wins from 2,300 on`)
    assert.deepEqual(logged(comes('1'), comes('1.5'), comes('1,200')), [
      'log the model runs on cpu:wasm: readings come 1 at a time, the GPU wins from 2,300 on',
    ])
  })

  for (const reason of [
    'gpu:nvidia was lost: the GPU process was ended by SIGKILL',
    'gpu:nvidia was left: out of memory',
    'gpu:nvidia was left on the way: the GPU did not answer within 3 s',
  ]) {
    it(`warns of ${reason}`, () => {
      assert.deepEqual(logged(wasm(reason)), [`warn the model runs on cpu:wasm: ${reason}`])
    })
  }
})
