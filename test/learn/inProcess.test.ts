import assert from 'node:assert/strict'
import { createTrainer } from '../../src/learn/client.ts'
import { inProcessTrainer } from '../../src/learn/inProcess.ts'
import type { FitCheckpoint, FitProgress } from '../../src/learn/segment/types.ts'
import { job, waves } from './jobs.ts'

describe('trainer in this thread', () => {
  it('fits at the call, with the result of a worker', async () => {
    const seen: FitProgress[] = []
    const fitted = inProcessTrainer().fit(waves(400), { onProgress: (progress) => seen.push(progress) })
    assert.equal(seen.at(-1)?.update, seen.at(-1)?.maxUpdates)
    const trainer = createTrainer()
    const { seconds: _, ...expected } = await trainer.fit(waves(400)).finally(() => trainer.close())
    const { seconds, ...result } = await fitted
    assert.ok(seconds > 0)
    assert.deepEqual(result, expected)
  })

  it('gives checkpoints that later epochs do not change', async () => {
    const seen: [FitCheckpoint, FitCheckpoint][] = []
    await inProcessTrainer().fit(waves(400, { checkpoints: true }), {
      onProgress: ({ checkpoint }) => checkpoint && seen.push([checkpoint, structuredClone(checkpoint)]),
    })
    assert.ok(seen.length >= 2)
    for (const [now, then] of seen) assert.deepEqual(now, then)
  })

  it('rejects what cannot be fitted', async () => {
    await assert.rejects(inProcessTrainer().fit(job(1)), { name: 'RangeError', message: /no series/ })
  })

  it('ends with the reason of the signal, the error of the callback, or the end of the trainer', async () => {
    const trainer = inProcessTrainer()
    const reason = new Error('no longer wanted')
    const aborted = AbortSignal.abort(reason)
    await assert.rejects(trainer.fit(waves(400), { signal: aborted }), reason)
    const controller = new AbortController()
    const { signal } = controller
    const onProgress = (): void => controller.abort(reason)
    await assert.rejects(trainer.fit(waves(400), { signal, onProgress }), reason)
    const failing = (): void => {
      throw reason
    }
    await assert.rejects(trainer.fit(waves(400), { onProgress: failing }), reason)
    const closing = (): void => void trainer.close()
    await assert.rejects(trainer.fit(waves(400), { onProgress: closing }), /the trainer is closed/)
    await assert.rejects(trainer.fit(waves(400)), /the trainer is closed/)
  })
})
