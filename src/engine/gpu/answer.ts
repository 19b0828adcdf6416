import { copy } from './copy.ts'
import { hasRows } from './operation.ts'
import type { Batch } from './plan.ts'
import type { Shape } from './size.ts'
import type { Results } from './standby.ts'

/** Gives each operation what a batch has computed for it, and settles those that have all. */
export function answer(batch: Batch, { outputs, states }: Results, { width, stateSize }: Shape): void {
  const { operations, operationOf, rowOf } = batch
  for (let i = 0; i < batch.rows; ) {
    // Rows of one operation mostly follow one another.
    const begin = i
    const owner = operationOf[i]
    const row = rowOf[i]
    while (i < batch.rows && operationOf[i] === owner && rowOf[i] === row + i - begin) i++
    const operation = operations[owner]
    if (!hasRows(operation)) continue
    copy(outputs, begin * width, operation.outputs, row * width, (i - begin) * width)
    operation.answered += i - begin
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
