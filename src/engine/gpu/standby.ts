import type { Stepper } from '../stepper.ts'
import type { RowsOperation } from './operation.ts'
import type { Part, Work } from './plan.ts'
import type { Shape } from './size.ts'
import { createTurns } from './turns.ts'

/** What a batch gives. */
export interface Results {
  /** [rows, width] */
  readonly outputs: Float32Array
  /** The states that were read [saves, stateSize], in order. */
  readonly states: Float32Array
}

/** Carries a batch's work out in this process. */
export function carryOut(stepper: Stepper, work: Work, shape: Shape): Results {
  const { inputSize, stateSize, width } = shape
  const { parts, from, inputs } = work
  const outputs = new Float32Array(work.rows * width)
  const states = new Float32Array(stateSize * reads(parts))
  let read = 0

  function rows(kind: 'step' | 'ahead', first: number, end: number): void {
    if (end === first) return
    const x = inputs.subarray(first * inputSize, end * inputSize)
    outputs.set(stepper[kind](from.subarray(first, end), x), first * width)
  }

  for (const part of parts) {
    if (part.kind === 'write') {
      part.lanes.forEach((lane, i) => {
        stepper.restore(lane, part.states.subarray(i * stateSize, (i + 1) * stateSize))
      })
    } else if (part.kind === 'copy') stepper.copy(part.from, part.to)
    else if (part.kind === 'read') {
      for (const lane of part.lanes) states.set(stepper.save(lane), stateSize * read++)
    } else {
      const { first, aheads } = part
      rows('ahead', first, first + aheads)
      rows('step', first + aheads, first + part.rows)
    }
  }
  return { outputs, states }
}

/** Carries out the rows that no batch has had, which settles the operation. @returns how many there were */
export function stepRest(stepper: Stepper, operation: RowsOperation, { inputSize, width }: Shape): number {
  const { kind, inputs, outputs, planned } = operation
  const lanes = planned === 0 ? operation.lanes : Array.from(operation.lanes).slice(planned)
  try {
    outputs.set(stepper[kind](lanes, inputs.subarray(planned * inputSize)), planned * width)
    operation.resolve(outputs)
  } catch (error) {
    operation.reject(error)
  }
  return lanes.length
}

/** States that are copied between two looks at the clock: there may be very many. */
const LANES_AT_ONCE = 1024

/** The lanes whose states are not zero, in order. */
export async function lanesBegun(stepper: Stepper): Promise<Int32Array> {
  const turn = createTurns()
  const begun: number[] = []
  for (let lane = 0; lane < stepper.lanes; lane++) {
    if (lane % LANES_AT_ONCE === 0) await turn()
    if (stepper.save(lane).some((v) => v !== 0)) begun.push(lane)
  }
  return Int32Array.from(begun)
}

/** Puts states [lanes, stateSize] into lanes. */
export async function restoreAll(stepper: Stepper, lanes: Int32Array, states: Float32Array): Promise<void> {
  const turn = createTurns()
  const size = states.length / lanes.length
  for (let i = 0; i < lanes.length; i++) {
    if (i % LANES_AT_ONCE === 0) await turn()
    stepper.restore(lanes[i], states.subarray(i * size, (i + 1) * size))
  }
}

function reads(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (part.kind === 'read' ? part.lanes.length : 0), 0)
}
