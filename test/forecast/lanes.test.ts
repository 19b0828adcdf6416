import assert from 'node:assert/strict'
import type { SnapshotTree } from '../../src/forecast/types.ts'
import { answeringLater, readings, takeAll } from './answeringLater.ts'
import { blank, opener, otherModel, run, waves } from './fitted.ts'
import { watched } from './pools.ts'

describe('lanes', () => {
  const open = opener()

  /** First lanes of the blocks of four that were stepped from the step `from` on. */
  const blocks = (stepped: readonly number[], from: number, block: number): number[] => [
    ...new Set(stepped.slice(from).map((lane) => Math.floor(lane / block))),
  ]

  it('of a forgotten stream are used again, but never those of another version', async () => {
    const pool = watched()
    const model = answeringLater(pool.open)
    const streams = open(model, { period: 1000 })
    const take = async (key: string, count: number, from: number): Promise<number[]> => {
      const began = pool.stepped.length
      await takeAll(streams, readings(key, count, from))
      return blocks(pool.stepped, began, model.fitted!.spec.segment)
    }
    assert.deepEqual([await take('a', 10, 0), await take('b', 10, 0)], [[0], [1]])
    streams.reset('a')
    assert.deepEqual(await take('c', 10, 0), [0])
    model.adopt(otherModel(), 0.5)
    assert.deepEqual(await take('b', 10, 10), [0])
    streams.reset('c')
    assert.deepEqual(await take('d', 10, 0), [1], 'c had lanes of the version before')
    streams.reset('b')
    assert.deepEqual(await take('e', 10, 0), [0])
    assert.deepEqual(await take('d', 10, 10), [1])
  })

  it('are nothing that a stream has before there are weights', () => {
    const streams = open(blank())
    run(streams, waves(30))
    const { streams: saved } = streams.snapshot() as {
      streams: { gru: { lanes: SnapshotTree[] }; learner: { lanes: SnapshotTree[] } }[]
    }
    assert.deepEqual([saved[0].gru.lanes, saved[0].learner.lanes], [[], []])
  })
})
