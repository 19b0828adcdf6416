import { runCell } from '../sequence-cell.ts'
import { type CellWork, type Part, type SequenceWork, wholePart } from '../sequence-work.ts'
import { wasm } from '../wasm/wasm.ts'
import type { Gpu } from './process.ts'
import { cut, partInputs, putOutputs } from './sequence-parts.ts'

/** Floating-point operations of one call into WASM: some 5 ms on one core. */
const CALL_FLOP = 5e7

/** Runs cells part by part on what there is. */
export interface SequenceRun {
  readonly device: string
  readonly reason: string
  /** `turn` is awaited between the calls into WASM. */
  run(cell: CellWork, turn: () => Promise<void>): Promise<void>
}

/** In WASM. */
export function wasmRun(work: SequenceWork, reason: string): SequenceRun {
  return {
    device: wasm.device,
    reason,
    run: (cell, turn) => runInTurns(work, cell, wholePart(work), turn),
  }
}

/** On a GPU as long as it is there, then in WASM from the last states that are known. */
export function gpuRun(work: SequenceWork, gpu: Gpu, reason: string): SequenceRun {
  let lost: string | undefined
  return {
    get device() {
      return lost === undefined ? gpu.name : wasm.device
    },
    get reason() {
      return lost === undefined ? reason : `${gpu.name} was left on the way: ${lost}`
    },
    async run(cell, turn) {
      for (const part of lost === undefined ? cut(work, cell.model.spec) : [wholePart(work)]) {
        if (lost === undefined) {
          try {
            await ask(gpu, work, cell, part)
          } catch (error) {
            lost = error instanceof Error ? error.message : String(error)
          }
        }
        if (lost !== undefined) await runInTurns(work, cell, part, turn)
        await turn()
      }
    },
  }
}

async function ask(gpu: Gpu, work: SequenceWork, cell: CellWork, part: Part): Promise<void> {
  const { spec, weights } = cell.model
  await gpu.ask(
    'sequence',
    (write, replyAt) => {
      const { x, h0 } = partInputs(work, cell, part)
      const spans = { weights: write(weights), x: write(x), h0: write(h0) }
      return { spec, ...spans, batch: part.end - part.first, time: part.to - part.from, reply: replyAt() }
    },
    ({ y }, numbers) => putOutputs(work, cell, part, numbers(y)),
  )
}

async function runInTurns(
  work: SequenceWork,
  cell: CellWork,
  part: Part,
  turn: () => Promise<void>,
): Promise<void> {
  const { inputSize, hiddenSize } = cell.model.spec
  const most = Math.max(1, Math.floor(CALL_FLOP / (6 * hiddenSize * (inputSize + hiddenSize))))
  const calls = runCell(wasm, work, cell, part, most)
  while (!calls.next().done) await turn()
}
