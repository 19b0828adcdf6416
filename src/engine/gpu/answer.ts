import { hasRows } from './operation.ts'
import type { Batch, Shape } from './plan.ts'
import type { Results } from './standby.ts'

/** Gives each operation what a batch has computed for it, and settles those that have all. */
export function answer(batch: Batch, { outputs, states }: Results, { width, stateSize }: Shape): void {
  const { operations, operationOf, rowOf } = batch
  for (let i = 0; i < batch.rows; i++) {
    const operation = operations[operationOf[i]]
    if (!hasRows(operation)) continue
    const to = rowOf[i] * width
    for (let k = 0; k < width; k++) operation.outputs[to + k] = outputs[i * width + k]
    operation.answered++
  }
  batch.saves.forEach((save, i) => {
    save.resolve(states.slice(i * stateSize, (i + 1) * stateSize))
  })
  for (const operation of operations) {
    if (hasRows(operation) && operation.answered === operation.lanes.length)
      operation.resolve(operation.outputs)
  }
}

/** Tells all who wait for a part of a batch that there will be none. */
export function refuse(batch: Batch, error: unknown): void {
  for (const operation of batch.operations) if ('reject' in operation) operation.reject(error)
}
