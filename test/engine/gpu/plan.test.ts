import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Operation, RowsOperation } from '../../../src/engine/gpu/operation.ts'
import { hasRows } from '../../../src/engine/gpu/operation.ts'
import { type Batch, createPlanner } from '../../../src/engine/gpu/plan.ts'
import type { Limits, Shape } from '../../../src/engine/gpu/size.ts'

// States and outputs that tell their whole history: equal texts mean that all happened in an order that makes no
// difference.

const LANES = 4
const SHAPE: Shape = { lanes: LANES, inputSize: 2, stateSize: 3, width: 1 }
/** One for all tests: what it keeps from one plan must not show in the next. */
const planner = createPlanner()
const WIDE: Limits = { rows: 1000, values: 1000, levels: 1000, copies: 1000 }

type Asked =
  | { readonly kind: 'step' | 'ahead'; readonly lanes: readonly number[] }
  | { readonly kind: 'save' | 'restore'; readonly lane: number }
  | { readonly kind: 'copy'; readonly from: number; readonly to: number }

const lane = fc.nat(LANES - 1)
const asked: fc.Arbitrary<readonly Asked[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('step' as const, 'ahead' as const),
      lanes: fc.array(lane, { maxLength: 6 }),
    }),
    fc.record({ kind: fc.constantFrom('save' as const, 'restore' as const), lane }),
    fc.record({ kind: fc.constant('copy' as const), from: lane, to: lane }),
  ),
  { maxLength: 30 },
)
const limits: fc.Arbitrary<Limits> = fc.record({
  rows: fc.integer({ min: 1, max: 12 }),
  values: fc.integer({ min: 1, max: 60 }),
  levels: fc.integer({ min: 1, max: 5 }),
  copies: fc.integer({ min: 1, max: 5 }),
})

const nothing = (): void => {}

/** Each row's and each state's first value is its number, by which it is known again. */
function operationsOf(list: readonly Asked[]): Operation[] {
  let id = 0
  return list.map((one, number): Operation => {
    if (one.kind === 'copy') return { ...one, number }
    if (one.kind === 'save') return { ...one, kind: 'save', number, resolve: nothing, reject: nothing }
    if (one.kind === 'restore') {
      return { ...one, kind: 'restore', number, state: Float32Array.of(++id, 0, 0) }
    }
    const { kind, lanes } = one as Extract<Asked, { readonly lanes: readonly number[] }>
    return {
      kind,
      number,
      lanes: Uint32Array.from(lanes),
      inputs: Float32Array.from(lanes.flatMap(() => [++id, -id])),
      planned: 0,
      answered: 0,
      outputs: new Float32Array(lanes.length),
      resolve: nothing,
      reject: nothing,
    }
  })
}

interface Seen {
  readonly states: string[]
  /** By operation and row. */
  readonly outputs: Map<string, string>
  readonly saved: Map<Operation, string>
}

function begin(): Seen {
  return { states: new Array(LANES).fill('0'), outputs: new Map(), saved: new Map() }
}

const stepped = (state: string, input: number): string => `f(${state},${input})`

/** What the operations say, one after another. */
function inOrder(operations: readonly Operation[]): Seen {
  const seen = begin()
  const { states } = seen
  for (const operation of operations) {
    if (hasRows(operation)) {
      Array.from(operation.lanes).forEach((lane, row) => {
        const next = stepped(states[lane], operation.inputs[2 * row])
        seen.outputs.set(`${operation.number}.${row}`, next)
        if (operation.kind === 'step') states[lane] = next
      })
    } else if (operation.kind === 'copy') states[operation.to] = states[operation.from]
    else if (operation.kind === 'restore') states[operation.lane] = `s${operation.state[0]}`
    else seen.saved.set(operation, states[operation.lane])
  }
  return seen
}

/** What a batch's parts say; all rows of a part see the states as they were before it. */
function carryOut(batch: Batch, seen: Seen): void {
  const { states } = seen
  let read = 0
  for (const part of batch.parts) {
    if (part.kind === 'copy') states[part.to] = states[part.from]
    else if (part.kind === 'write') {
      assert.equal(new Set(part.lanes).size, part.lanes.length, 'a lane is written twice at once')
      part.lanes.forEach((lane, i) => {
        states[lane] = `s${part.states[i * SHAPE.stateSize]}`
      })
    } else if (part.kind === 'read') {
      for (const lane of part.lanes) seen.saved.set(batch.saves[read++], states[lane])
    } else {
      const before = states.slice()
      const written = new Set<number>()
      for (let i = part.first; i < part.first + part.rows; i++) {
        const to = batch.to[i]
        const next = stepped(before[batch.from[i]], batch.inputs[2 * i])
        assert.equal(batch.inputs[2 * i + 1], -batch.inputs[2 * i])
        seen.outputs.set(`${batch.operations[batch.operationOf[i]].number}.${batch.rowOf[i]}`, next)
        assert.equal(to < 0, i < part.first + part.aheads)
        if (to < 0) continue
        assert.ok(!written.has(to), 'a lane is stepped twice at once')
        written.add(to)
        states[to] = next
      }
    }
  }
  assert.equal(read, batch.saves.length)
}

describe('plan', () => {
  it('changes nothing of what the operations say, however they are cut into batches', () => {
    fc.assert(
      fc.property(asked, limits, (list, limits) => {
        const expected = inOrder(operationsOf(list))
        const queue = operationsOf(list)
        const seen = begin()
        while (queue.length > 0) {
          const first = queue[0]
          const planned = hasRows(first) ? first.planned : 0
          const batch = planner(queue, SHAPE, limits)
          carryOut(batch, seen)
          queue.splice(0, batch.finished)
          assert.ok(batch.finished > 0 || (first as RowsOperation).planned > planned, 'no way forward')
        }
        assert.deepEqual(seen.states, expected.states)
        assert.deepEqual(seen.outputs, expected.outputs)
        assert.deepEqual([...seen.saved.values()].sort(), [...expected.saved.values()].sort())
      }),
      { numRuns: 1000 },
    )
  })

  it('keeps to the limits, but for a single operation or row that is larger', () => {
    fc.assert(
      fc.property(asked, limits, (list, limits) => {
        const queue = operationsOf(list)
        while (queue.length > 0) {
          const { parts, rows, operations, saves, finished } = planner(queue, SHAPE, limits)
          const writes = parts.flatMap((part) => (part.kind === 'write' ? [...part.lanes] : []))
          const copies = parts.filter(({ kind }) => kind === 'copy').length
          const stages = parts.filter(({ kind }) => kind === 'step').length
          const values = rows * 5 + (writes.length + saves.length) * 4 + copies
          assert.ok(rows <= limits.rows)
          assert.ok(stages <= limits.levels)
          assert.ok(copies <= limits.copies)
          assert.ok(values <= limits.values || rows + writes.length + saves.length + copies === 1)
          assert.ok(operations.length >= finished)
          queue.splice(0, finished)
        }
      }),
    )
  })

  it('plans any number of saves', () => {
    const saves: Asked[] = Array.from({ length: 200_000 }, () => ({ kind: 'save', lane: 1 }))
    const queue = operationsOf([{ kind: 'step', lanes: [0, 1] }, ...saves])
    const batch = planner(queue, SHAPE, { ...WIDE, values: 2 ** 23 })
    assert.equal(batch.rows, 2)
    assert.equal(batch.saves.length, 200_000)
    assert.equal(batch.finished, queue.length)
  })

  it('leaves operations as they were when it comes to nothing', () => {
    const [step] = operationsOf([{ kind: 'step', lanes: [0, 1, 0] }]) as RowsOperation[]
    const broken = { kind: 'restore', number: 2, lane: 2, state: null } as unknown as Operation
    assert.throws(() => planner([step, broken], SHAPE, WIDE))
    assert.equal(step.planned, 0)
    assert.equal(planner([step], SHAPE, WIDE).rows, 3)
  })

  it('computes at once what may be computed at once', () => {
    const kinds = (list: readonly Asked[]) =>
      planner(operationsOf(list), SHAPE, WIDE).parts.map((part) =>
        part.kind === 'step' ? `${part.aheads} ahead, ${part.rows - part.aheads} on` : part.kind,
      )
    const steps: Asked[] = [0, 1, 2, 3].map((lane) => ({ kind: 'step', lanes: [lane] }))
    assert.deepEqual(kinds(steps), ['0 ahead, 4 on'])
    // A look ahead, then the step itself.
    const both = steps.flatMap((step): Asked[] => [{ ...step, kind: 'ahead' } as Asked, step])
    assert.deepEqual(kinds(both), ['4 ahead, 4 on'])
    assert.deepEqual(kinds([...steps, ...steps]), ['0 ahead, 4 on', '0 ahead, 4 on'])
    const fresh = [0, 1, 2, 3].flatMap((lane): Asked[] => [
      { kind: 'restore', lane },
      { kind: 'step', lanes: [lane] },
      { kind: 'save', lane },
    ])
    assert.deepEqual(kinds(fresh), ['write', '0 ahead, 4 on', 'read'])
  })
})
