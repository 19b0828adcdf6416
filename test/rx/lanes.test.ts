import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createLanes } from '../../src/rx/lanes.ts'

describe('lanes of streams', () => {
  const call = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e', '__proto__', ''),
    kind: fc.constantFrom('use', 'use', 'use', 'forget', 'forget all'),
  })

  it('go to the streams used last, each with one of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(call, { maxLength: 200 }), (max, calls) => {
        const lanes = createLanes(max)
        // What it should be: keys in order of use.
        let held: { key: string; lane: number }[] = []
        for (const { key, kind } of calls) {
          if (kind === 'forget all') {
            assert.equal(lanes.forget(), held.length)
            held = []
            continue
          }
          const known = held.find((stream) => stream.key === key)
          held = held.filter((stream) => stream !== known)
          if (kind === 'forget') {
            assert.equal(lanes.forget(key), known ? 1 : 0)
            continue
          }
          const oldest = !known && held.length === max ? held.shift() : undefined
          const { lane, fresh, evicted } = lanes.of(key)
          assert.equal(evicted, oldest?.key)
          assert.equal(fresh, known === undefined)
          if (known) assert.equal(lane, known.lane)
          assert.ok(lane >= 0 && lane < max && held.every((stream) => stream.lane !== lane))
          held.push({ key, lane })
        }
      }),
    )
  })
})
