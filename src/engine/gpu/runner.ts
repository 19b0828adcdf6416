import type { Model } from '../model.ts'
import { stateSize } from '../spec.ts'
import type { Stepper } from '../stepper.ts'
import { answer, refuse } from './answer.ts'
import type { Operation } from './operation.ts'
import { type Limits, plan, type Shape } from './plan.ts'
import { carryOut } from './standby.ts'
import type { DeviceStepper, DeviceStepperOptions } from './types.ts'

/** What stands in the queue. */
export type Queued =
  | Operation
  | { readonly kind: 'grow'; readonly number: number; readonly lanes: number }
  | { readonly kind: 'settle'; readonly number: number; readonly resolve: () => void }

/** Carries out what is pushed, in its order. */
export interface Runner extends Pick<DeviceStepper, 'device' | 'reason' | 'load' | 'ready' | 'close'> {
  push(operation: Queued): void
  /** Number of the last operation that the standby's states have seen. */
  readonly known: number
}

const LIMITS: Limits = { rows: 65_536, values: 2 ** 23, levels: 65_536 }

export function createRunner(model: Model, standby: Stepper, _options: DeviceStepperOptions): Runner {
  const { spec } = model
  const queue: Queued[] = []
  let known = 0
  let scheduled: NodeJS.Immediate | undefined

  function flush(): void {
    scheduled = undefined
    while (queue.length > 0) {
      const barrier = queue.findIndex(({ kind }) => kind === 'grow' || kind === 'settle')
      const head = queue[0]
      if (barrier === 0) {
        queue.shift()
        known = head.number
        if (head.kind === 'settle') head.resolve()
        continue
      }
      const operations = (barrier < 0 ? queue : queue.slice(0, barrier)) as Operation[]
      const shape: Shape = {
        lanes: standby.lanes,
        inputSize: spec.inputSize,
        stateSize: stateSize(spec),
        width: spec.outputSize || spec.hiddenSize,
      }
      const batch = plan(operations, shape, LIMITS)
      try {
        answer(batch, carryOut(standby, batch, shape), shape)
      } catch (error) {
        refuse(batch, error)
      }
      if (batch.finished > 0) known = queue[batch.finished - 1].number
      queue.splice(0, batch.finished)
    }
  }

  return {
    device: standby.device,
    reason: 'asked for',
    load: { batch: 0, microseconds: 0 },
    ready: Promise.resolve(),
    get known() {
      return known
    },
    push(operation) {
      queue.push(operation)
      scheduled ??= setImmediate(flush)
    },
    async close() {
      await new Promise<void>((resolve) => {
        queue.push({ kind: 'settle', number: known, resolve })
        scheduled ??= setImmediate(flush)
      })
    },
  }
}
