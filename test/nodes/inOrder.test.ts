import assert from 'node:assert/strict'
import { createInOrder } from '../../nodes/inOrder.ts'

interface Job {
  readonly bytes: number
  /** Settles when the job is done; without one it takes no time. */
  readonly done?: Promise<void>
}

describe('createInOrder', () => {
  const open = (handled: Job[]) =>
    createInOrder<Job>(
      (job) => {
        handled.push(job)
        return job.done
      },
      { jobs: 3, bytes: 10, bytesOf: ({ bytes }) => bytes },
    )

  it('takes any job at once while nothing is under way', () => {
    const handled: Job[] = []
    const order = open(handled)
    for (let i = 0; i < 5; i++) assert.equal(order.push({ bytes: 100 }), undefined)
    assert.equal(handled.length, 5)
  })

  it('keeps so many jobs and bytes waiting, says which limit refuses, and has room again', async () => {
    const handled: Job[] = []
    const order = open(handled)
    for (let round = 0; round < 2; round++) {
      let finish = (): void => {}
      const done = new Promise<void>((resolve) => {
        finish = resolve
      })
      assert.equal(order.push({ bytes: 100, done }), undefined)
      const sizes = [6, 5, 4, 1, 0, 0]
      const limits = sizes.map((bytes) => order.push({ bytes }))
      assert.deepEqual(limits, [undefined, 'bytes', undefined, 'bytes', undefined, 'jobs'])
      finish()
      await order.idle()
      assert.deepEqual(
        handled.splice(0).map(({ bytes }) => bytes),
        [100, 6, 4, 0],
      )
    }
  })
})
