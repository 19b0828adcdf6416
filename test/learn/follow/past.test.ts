import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createPast, type Piece } from '../../../src/learn/follow/past.ts'
import { scalesOf } from '../../../src/learn/segment/data.ts'
import { stepsOf, untaught } from './nets.ts'

const kept = ({ values, first, end }: Piece): number[] => [...values.subarray(first, end)]

describe('the past that a net can learn from', () => {
  it('has the newest values of each stream, with the scales that a fit would see, in bounded memory', () => {
    const push = fc.record({
      stream: fc.integer({ min: 1, max: 5 }),
      values: fc.array(fc.double({ min: -1e30, max: 1e30, noNaN: true }), { minLength: 1, maxLength: 400 }),
      restarted: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(push, { maxLength: 20 }), fc.constantFrom('fixed', 'running'), (pushes, scale) => {
        const model = untaught({ scale })
        const [most, mostOfPiece] = [2048, 300]
        const past = createPast(model, most, mostOfPiece)
        const all = new Map<number, number[]>()
        for (const { stream, values, restarted } of pushes) {
          past.take(stepsOf(values, { stream, restarted }))
          const before = restarted ? [] : (all.get(stream) ?? [])
          all.set(stream, [...before, ...values])
          const pieces = [...past.pieces]
          assert.equal(pieces.at(-1)?.stream, stream)
          assert.ok(pieces.reduce((sum, piece) => sum + piece.values.length, 0) <= most)
          const newest = kept(pieces.at(-1)!)
          assert.ok(newest.length <= mostOfPiece)
          assert.deepEqual(newest, all.get(stream)!.slice(-newest.length))
        }
        for (const piece of past.pieces) {
          if (piece.first > 0) continue
          const values = Float64Array.from(kept(piece))
          const split = { key: '', values, observed: values, unit: 2, season: 12, trainEnd: 0 }
          const scales = scalesOf(scale, { ...split, tailStart: 0, tailEnd: 0 } as never, 4)
          assert.deepEqual(piece.scales.slice(0, piece.end), scales)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('keeps what came before a stream began anew, and takes unit and season of a channel, else what the stream brings', () => {
    const past = createPast(untaught({}, ['a', 'b']))
    past.take(stepsOf([1, 2, 3], { key: 'b' }))
    past.take(stepsOf([4, 5], { key: 'b', restarted: true }))
    past.take(stepsOf([6], { stream: 2, key: 'x', unit: 7, season: 5 }))
    past.take(stepsOf([7], { stream: 2, key: 'x', unit: 8, season: 6 }))
    assert.deepEqual(
      [...past.pieces].map((piece) => [piece.channel, piece.unit, piece.season, kept(piece)]),
      [
        [1, 2, 12, [1, 2, 3]],
        [1, 2, 12, [4, 5]],
        [-1, 8, 6, [6, 7]],
      ],
    )
  })
})
