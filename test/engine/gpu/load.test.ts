import assert from 'node:assert/strict'
import { createLoad } from '../../../src/engine/gpu/load.ts'
import type { RowsOperation } from '../../../src/engine/gpu/operation.ts'

const POOL = 8
const rows = (kind: 'step' | 'ahead', lanes: readonly number[]): RowsOperation => ({
  kind,
  number: 1,
  lanes,
  inputs: new Float32Array(lanes.length),
  planned: 0,
  answered: 0,
  outputs: new Float32Array(lanes.length),
  resolve() {},
  reject() {},
})

describe('the load of a stepper', () => {
  it('counts what can be computed at once: one step of a lane, any looks ahead', () => {
    const load = createLoad()
    load.asked(rows('step', new Array(200).fill(3)), POOL)
    for (let i = 0; i < 5; i++) load.asked(rows('step', [3]), POOL)
    assert.ok(load.together())
    assert.equal(load.now.batch, 1)
    assert.equal(load.together(), false)

    const wide = createLoad()
    wide.asked(rows('step', [0, 1, 2]), POOL)
    wide.asked(rows('step', [2, 9]), 16)
    wide.asked(rows('ahead', [1, 1]), 16)
    wide.together()
    assert.equal(wide.now.batch, 6)
  })

  it('weighs batches by their rows, the newest most', () => {
    const load = createLoad()
    load.asked(rows('step', [0]), POOL)
    load.together()
    load.asked(rows('step', [0, 1, 2, 3]), POOL)
    load.together()
    const batch = (0.95 + 16) / (0.95 + 4)
    assert.ok(Math.abs(load.now.batch - batch) < 1e-12)
    load.took(4, 2)
    load.took(0, 2)
    assert.ok(Math.abs(load.now.microseconds - (1000 * (0.95 * 2 + 2)) / (0.95 * 4)) < 1e-9)
  })
})
