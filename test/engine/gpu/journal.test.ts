import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createJournal } from '../../../src/engine/gpu/journal.ts'
import type { Operation } from '../../../src/engine/gpu/operation.ts'
import { createPlanner } from '../../../src/engine/gpu/plan.ts'
import { flopOf, limitsOf, shapeOf } from '../../../src/engine/gpu/size.ts'
import { gruSpec } from '../../../src/engine/spec.ts'

const MIB = 2 ** 20
/** What a journal may keep before the states are fetched. */
const MOST_BYTES = 32 * MIB
/** Batches that it may keep, however small they are. */
const MOST_BATCHES = 2 ** 15
const LANES = 64
const spec = gruSpec({ inputSize: 1, hiddenSize: 4 })
const shape = shapeOf(spec, LANES)

function nothing(): void {}

function step(lanes: readonly number[]): Operation {
  return {
    kind: 'step',
    number: 0,
    lanes: Uint32Array.from(lanes),
    inputs: new Float32Array(lanes.length),
    planned: 0,
    answered: 0,
    outputs: new Float32Array(lanes.length * shape.width),
    resolve: nothing,
    reject: nothing,
  }
}

const restore = (lane: number): Operation => ({
  kind: 'restore',
  number: 0,
  lane,
  state: new Float32Array(shape.stateSize),
})
const save = (lane: number): Operation => ({
  kind: 'save',
  number: 0,
  lane,
  resolve: nothing,
  reject: nothing,
})
const copy: Operation = { kind: 'copy', number: 0, from: 0, to: 1 }
const all = Array.from({ length: LANES }, (_, lane) => lane)

/** What comes in one batch; each makes new operations. */
const batches: Record<string, () => readonly Operation[]> = {
  'one row': () => [step([0])],
  'one row of each lane': () => [step(all)],
  'one lane many times': () => [step(all.map(() => 0))],
  'a copy': () => [copy],
  'many copies': () => all.map(() => copy),
  'a state that is put back': () => [restore(0)],
  'states that are put back and read between steps of one lane': () =>
    all.flatMap(() => [restore(0), step([0]), save(0)]),
  'a state that is read': () => [save(0)],
}

describe('the journal', () => {
  setFlagsFromString('--expose_gc')
  const collect = runInNewContext('gc') as () => void
  const used = (): number => {
    collect()
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  }

  for (const [what, operations] of Object.entries(batches)) {
    it(`is heavy before it takes much memory: ${what}`, () => {
      const plan = createPlanner()
      const journal = createJournal(flopOf(spec))
      const before = used()
      let count = 0
      while (!journal.heavy) {
        assert.ok(++count <= MOST_BATCHES, `${count} batches are not heavy`)
        journal.add(plan(operations(), shape, limitsOf(spec)))
        journal.answered()
      }
      const gained = used() - before
      assert.equal(journal.empty, false)
      assert.ok(gained <= MOST_BYTES, `${count} batches take ${Math.round(gained / MIB)} MiB`)
      journal.clear()
      assert.equal(journal.heavy, false)
    })
  }
})
