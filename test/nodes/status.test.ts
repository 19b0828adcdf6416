import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { NodeStatus } from '../../nodes/red.ts'
import {
  anomalyStatus,
  createStatus,
  deviceStatus,
  errorStatus,
  formatInterval,
  modelStatus,
  stepsStatus,
  warmingStatus,
} from '../../nodes/status.ts'
import { gruSpec } from '../../src/engine/spec.ts'

describe('status texts', () => {
  it('have as many places as the interval says something about', () => {
    const cases: [value: number, half: number, text: string][] = [
      [23.4123, 0.8, '23.4 ±0.8'],
      [1013.25, 12.3, '1013 ±12'],
      [0.012345, 0.00067, '0.0123 ±0.0007'],
      [-4.5, 1.27, '-4.5 ±1.3'],
      [21.43, 0.249, '21.43 ±0.25'],
      [500, 42, '500 ±42'],
      [21.5, 0, '21.50 ±0.00'],
      [0, 0, '0.000 ±0.000'],
      [1.5e30, 2e29, '1.5e+30 ±2e+29'],
      [123456789.123, 0.000123, '1.23e+8 ±1e-4'],
    ]
    for (const [value, half, text] of cases) assert.equal(formatInterval(value, half), text)
  })

  it('have at most 20 characters', () => {
    const reading = fc.double({ noNaN: true, min: -1e30, max: 1e30 })
    fc.assert(
      fc.property(reading, reading, (value, half) => {
        assert.ok(formatInterval(value, Math.abs(half)).length <= 20)
        assert.ok(anomalyStatus(value).text!.length <= 20)
      }),
    )
    assert.equal(anomalyStatus(23.4).text, 'anomaly 23.4')
    assert.equal(anomalyStatus(-1234.5678).text, 'anomaly -1235')
    assert.equal(warmingStatus({ have: 4095, need: 4096 }).text, 'warming 4095/4096')
    for (const status of [errorStatus, deviceStatus]) assert.equal(status('x'.repeat(30)).text?.length, 20)
    const sizes: [layers: number, hiddenSize: number, device: string, text: string][] = [
      [2, 64, 'cpu:wasm', '2×64 · cpu:wasm'],
      [2, 64, 'gpu:nvidia', '2×64 · gpu:nvidia'],
      [2, 64, 'gpu:swiftshader', '2×64 · swiftshader'],
      [2, 64, 'cpu:wasm-relaxed', '2×64 · wasm-relaxed'],
      [64, 65_536, 'cpu:wasm-relaxed', '64×65536 · wasm-rela'],
    ]
    for (const [layers, hiddenSize, device, text] of sizes) {
      const spec = gruSpec({ inputSize: 1, hiddenSize, layers })
      assert.equal(modelStatus(spec, device).text, text)
      assert.equal(modelStatus(spec, device, 'dot').shape, 'dot')
      for (const steps of [1, 1234, 5_600_000, 7e14]) {
        assert.ok(stepsStatus(spec, steps).text!.length <= 20)
      }
    }
    assert.equal(stepsStatus(gruSpec({ inputSize: 1, hiddenSize: 64 }), 1234).text, '1×64 · 1.2K steps')
  })
})

describe('status', () => {
  it('is shown at once, then the newest after the interval, and never twice', async () => {
    const shown: (string | undefined)[] = []
    let next = (): void => {}
    const status = createStatus((shownStatus: NodeStatus) => {
      shown.push(shownStatus.text)
      next()
    }, 1)
    const event = (): Promise<void> => new Promise((resolve) => (next = resolve))

    status.set({ text: 'a' })
    assert.deepEqual(shown, ['a'])
    const second = event()
    for (const text of ['b', 'c', 'd']) status.set({ text })
    assert.deepEqual(shown, ['a'], 'not before the interval is over')
    await second
    assert.deepEqual(shown, ['a', 'd'])
    status.set({ text: 'd' })
    const third = event()
    status.set({ text: 'e' })
    await third
    assert.deepEqual(shown, ['a', 'd', 'e'])

    status.set({ text: 'f' })
    status.close()
    status.set({ text: 'g' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.deepEqual(shown, ['a', 'd', 'e'], 'nothing after the close')
  })

  it('stays an alarm for a while, whatever comes but another one', async () => {
    const shown: (string | undefined)[] = []
    let next = (): void => {}
    const event = (): Promise<void> => new Promise((resolve) => (next = resolve))
    const status = createStatus(({ text }) => {
      shown.push(text)
      next()
    }, 1)
    const forever = 1e6

    status.set({ text: 'a' })
    const alarm = event()
    status.set({ text: 'alarm' }, forever)
    status.set({ text: 'b' })
    await alarm
    assert.deepEqual(shown, ['a', 'alarm'])
    const second = event()
    status.set({ text: 'c' })
    status.set({ text: 'alarm 2' }, 2)
    await second
    assert.deepEqual(shown, ['a', 'alarm', 'alarm 2'], 'c waits for the first alarm, the second does not')
    await event()
    assert.deepEqual(shown, ['a', 'alarm', 'alarm 2', 'c'], 'what came last is shown when the alarm is over')

    const third = event()
    status.set({ text: 'alarm 3' }, 2)
    await third
    await event()
    assert.deepEqual(shown.slice(-2), ['alarm 3', 'c'], 'nothing new came meanwhile')
    status.close()
  })
})
