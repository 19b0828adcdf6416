import assert from 'node:assert/strict'
import { createTrainer, type Trainer } from '../../src/learn/client.ts'
import type { FitProgress } from '../../src/learn/segment/types.ts'
import { job, own } from './jobs.ts'

describe('progress of a worker', () => {
  let trainer: Trainer
  beforeEach(() => {
    trainer = createTrainer({ url: own('chatty') })
  })
  afterEach(() => trainer.close())

  it('comes at most five times a second, with the first and the last update', async () => {
    const seen: number[] = []
    const { seconds } = await trainer.fit(job(10_000), { onProgress: ({ update }) => seen.push(update) })
    assert.deepEqual([seen[0], seen.at(-1)], [1, 10_000])
    assert.ok(seen.length <= 2 + 5 * seconds, `${seen.length} in ${seconds} s`)
  })

  it('comes with every checkpoint, as the fit was when it made it', async () => {
    const seen: FitProgress[] = []
    const { model } = await trainer.fit(job(45, { checkpoints: true }), { onProgress: (p) => seen.push(p) })
    const checkpoints = seen.flatMap(({ checkpoint }) => checkpoint ?? [])
    assert.deepEqual(
      checkpoints.map(({ update }) => update),
      [10, 20, 30, 40],
    )
    for (const { update, weights, mean, square, best } of checkpoints) {
      const four = new Float32Array(4).fill(update)
      assert.deepEqual([weights, mean, best.weights], [four, four, four])
      assert.deepEqual(square, Float32Array.of(update))
    }
    assert.deepEqual([seen[0].update, seen.at(-1)?.update], [1, 45])
    assert.deepEqual([...model.weights], [45, 45, 45, 45])
  })
})
