import { FormatError } from '../error.ts'

/** What every graph may ask for, and what more for each byte of the file and those beside it. */
const BASE = 2 ** 25
const PER_BYTE = 2

/** What may still be done to understand one graph, all its nodes together: numbers handled. */
export interface Work {
  left: number
}

/** @param available bytes of the file and of those beside it */
export function createWork(available: number): Work {
  return { left: BASE + PER_BYTE * available }
}

/** @throws FormatError when many nodes ask for much, as no exporter writes them */
export function charge(work: Work, numbers: number): void {
  work.left -= numbers
  if (work.left < 0) {
    throw new FormatError('the nodes of the ONNX graph make more work than the weights of a GRU are')
  }
}
