import { open as openExact } from '../contenders/naive.mjs'

/** Streams whose numbers are looked at: the first, one in the middle and the last. */
export const sampledRows = (streams) => [...new Set([0, Math.floor(streams / 2), streams - 1])]

/** States of the sampled streams after each input, from zero, in float64: [steps · rows · hiddenSize]. */
export function referenceStates(shape, weights, inputs, streams) {
  const { inputSize } = shape
  const cells = sampledRows(streams).map((row) => ({ row, cell: openExact(shape, weights) }))
  return inputs.flatMap((input) =>
    cells.flatMap(({ row, cell }) => cell.step(input.subarray(row * inputSize, (row + 1) * inputSize))),
  )
}

/** The same of a contender that has not stepped yet. */
export async function statesOf({ step }, { hiddenSize }, inputs, streams) {
  const states = []
  for (const input of inputs) {
    const h = await step(input)
    for (const row of sampledRows(streams)) {
      for (let i = 0; i < hiddenSize; i++) states.push(h[row * hiddenSize + i])
    }
  }
  return states
}

export function largestDifference(a, b) {
  if (a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`)
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0)
}
