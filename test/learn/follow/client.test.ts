import assert from 'node:assert/strict'
import { type Follower, openFollower } from '../../../src/learn/follow/client.ts'
import { openFollowing } from '../../../src/learn/follow/following.ts'
import { startFollowThread } from '../../../src/learn/follow/thread.ts'
import type { SegmentModel } from '../../../src/learn/segment/types.ts'
import { waveValues } from '../segment/series.ts'
import { stepsOf, untaught } from './nets.ts'

/** A module of so much code that hears of messages from its parent. */
const module = (code: string): URL =>
  new URL(`data:text/javascript,import { parentPort } from 'node:worker_threads'; ${code}`)

describe('a follower', () => {
  const followers: Follower[] = []
  const open = (model: SegmentModel, seed = 1): Follower => {
    const follower = openFollower(model, seed)
    followers.push(follower)
    return follower
  }
  afterEach(async () => {
    await Promise.all(followers.splice(0).map((follower) => follower.close()))
  })

  const values = waveValues(300, 12, 0.2)

  it('learns in a thread as it would here, beside others', async () => {
    const models = [untaught(), untaught({ scale: 'fixed', hiddenSize: 12 })]
    const learned = await Promise.all(
      models.map(async (model, i) => {
        const follower = open(model, i)
        follower.push(stepsOf(values.subarray(0, 200)))
        const first = await follower.learn(5)
        follower.push(stepsOf(values.subarray(200)))
        return [first, await follower.learn(5)]
      }),
    )
    for (const [i, model] of models.entries()) {
      const here = openFollowing(model, i)
      here.take(stepsOf(values.subarray(0, 200)))
      const first = here.learn(5)
      here.take(stepsOf(values.subarray(200)))
      assert.deepEqual(
        learned[i].map((one) => [one.model, one.updates, one.rolledBack]),
        [first, here.learn(5)].map((one) => [one.model, one.updates, one.rolledBack]),
      )
      assert.ok(learned[i][1].milliseconds > 0)
    }
  })

  it('says why it cannot learn, and leaves the others alone', async () => {
    const [sound, broken] = [
      open(untaught()),
      open({ ...untaught(), spec: { ...untaught().spec, horizon: -1 } }),
    ]
    for (const follower of [sound, broken]) follower.push(stepsOf(values))
    await assert.rejects(broken.learn(1), Error)
    await assert.rejects(broken.learn(1), Error)
    assert.equal((await sound.learn(1)).updates, 1)
  })

  it('rejects what it was asked for when it is closed, and all that it is asked for later', async () => {
    const [staying, leaving] = [open(untaught()), open(untaught())]
    for (const follower of [staying, leaving]) follower.push(stepsOf(values))
    const asked = leaving.learn(1)
    const rejected = assert.rejects(asked, /the follower is closed/)
    await leaving.close()
    await leaving.close()
    await rejected
    leaving.push(stepsOf(values))
    await assert.rejects(leaving.learn(1), /the follower is closed/)
    assert.equal((await staying.learn(2)).updates, 2)
    await staying.close()
    const next = open(untaught())
    next.push(stepsOf(values))
    assert.equal((await next.learn(3)).updates, 3, 'another thread')
  })

  it('is lost with its thread, whatever that died of', async () => {
    for (const [code, message] of [
      [`parentPort.on('message', () => process.exit(3))`, /the learning worker exited with code 3/],
      [`parentPort.on('message', () => { throw new Error('oh') })`, /the learning worker failed: oh/],
      [`throw new Error('no')`, /the learning worker failed: no/],
      [
        `const all = []; parentPort.on('message', () => { for (;;) all.push(new Array(1e5).fill({})) })`,
        /the learning worker failed: .*memory/,
      ],
    ] as const) {
      const thread = startFollowThread(module(code))
      thread.join(1)
      await assert.rejects(thread.learn(1, 1), message)
      assert.equal(thread.alive, false)
      await assert.rejects(thread.learn(1, 1), message)
      await thread.leave(1, new Error('unused'))
    }
  })
})
