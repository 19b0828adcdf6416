import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { createSaid, type Said, type Version } from '../../src/forecast/ran.ts'

interface Played extends Version {
  device: string
  deviceReason: string
  load: { batch: number; microseconds: number }
}

const LONG = 60_000

describe('what is said to run a model', () => {
  let said: Said
  let changes: number
  const open = (patience: number): void => {
    changes = 0
    said = createSaid(() => changes++, patience)
  }
  afterEach(() => said.close())

  /** A version in WASM that has stepped, and what tells that it is ready. */
  function version(
    deviceReason: string,
    batch = 1,
  ): { readonly played: Played; readonly be: () => Promise<void> } {
    let be = (): void => {}
    const ready = new Promise<void>((resolve) => (be = resolve))
    const played = { device: 'cpu:wasm', deviceReason, load: { batch, microseconds: 1 }, ready }
    return {
      played,
      be: async () => {
        be()
        await ready
      },
    }
  }

  it('is nothing before the first fit, then what runs the first version', () => {
    open(LONG)
    assert.equal(said.now.device, 'none')
    const { played } = version('a GPU is being looked for')
    said.adopt(played)
    assert.equal(said.now.deviceReason, 'a GPU is being looked for')
    Object.assign(played, { device: 'gpu:nvidia', deviceReason: 'asked for' })
    assert.deepEqual([said.now.device, said.now.deviceReason], ['gpu:nvidia', 'asked for'])
  })

  it('is still the GPU while the next version is on its way there', async () => {
    open(LONG)
    const first = version('asked for').played
    first.device = 'gpu:nvidia'
    said.adopt(first)
    const { played, be } = version('a GPU is being looked for')
    said.adopt(played)
    first.device = 'cpu:wasm' // It has been closed.
    await be()
    assert.deepEqual([said.now.device, said.now.deviceReason, changes], ['gpu:nvidia', 'asked for', 0])
  })

  it('is what runs the next version as soon as it is the same device, for its own reason', async () => {
    open(LONG)
    said.adopt(version('no GPU was found').played)
    const { played, be } = version('a GPU is being looked for')
    said.adopt(played)
    assert.equal(said.now.deviceReason, 'no GPU was found')
    played.deviceReason = 'none yet'
    await be()
    assert.deepEqual([said.now.deviceReason, changes], ['none yet', 1])
  })

  it('is another device in the end when the next version stays there', async () => {
    open(5)
    const first = version('asked for').played
    first.device = 'gpu:nvidia'
    said.adopt(first)
    const { played, be } = version('no GPU was found', 0)
    said.adopt(played)
    await be()
    await wait(30)
    assert.deepEqual([said.now.device, changes], ['gpu:nvidia', 0], 'it has not stepped yet')
    played.load = { batch: 1, microseconds: 1 }
    while (changes === 0) await wait(1)
    assert.deepEqual([said.now.device, said.now.deviceReason], ['cpu:wasm', 'no GPU was found'])
    await wait(30)
    assert.equal(changes, 1)
  })

  it('is at once what runs a version that is never on a GPU', () => {
    open(LONG)
    said.adopt(version('first').played)
    said.adopt({ ...version('second').played, ready: undefined })
    assert.equal(said.now.deviceReason, 'second')
  })
})
