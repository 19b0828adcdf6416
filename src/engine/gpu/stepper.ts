import { checkForward, checkLane, checkLaneCount, checkLength } from '../check.ts'
import { checkDevice } from '../device.ts'
import type { Model } from '../model.ts'
import { stateSize } from '../spec.ts'
import { createStepper } from '../stepper.ts'
import { boundsOf, checkBounded } from './bounds.ts'
import { createChoice, type GpuSource } from './choice.ts'
import type { RowsOperation } from './operation.ts'
import { acquireGpu } from './process.ts'
import { createRunner } from './runner.ts'
import type { DeviceStepper, DeviceStepperOptions } from './types.ts'

/**
 * Opens a pool of states for a forward GRU, on the device that the options name; all states begin at zero.
 * @throws RangeError when the model is not forward only, the number of lanes cannot be used, or there is no such device
 */
export function createDeviceStepper(model: Model, options: DeviceStepperOptions = {}): DeviceStepper {
  return openDeviceStepper(model, options, { acquire: acquireGpu })
}

/** As {@link createDeviceStepper}, with a source of GPUs. */
export function openDeviceStepper(
  model: Model,
  options: DeviceStepperOptions,
  source: GpuSource,
): DeviceStepper {
  const { device = 'auto', lanes: initial = 1 } = options
  const { spec } = model
  const { inputSize, hiddenSize, outputSize } = spec
  checkDevice(device)
  checkForward(spec)
  checkLaneCount(initial, 0)
  const size = stateSize(spec)
  const width = outputSize || hiddenSize
  const zero = new Float32Array(size)
  const bounds = boundsOf(model)
  const largestInput = bounds?.input ?? Number.MAX_VALUE
  const largestState = bounds?.state ?? Number.MAX_VALUE
  const standby = createStepper(model, { lanes: initial })
  const runner = createRunner(model, standby, {
    came: () => choice.came(),
    lost: (error) => choice.lost(error),
  })
  const refusal = bounds ? undefined : 'its weights are so large that sums could overflow on a GPU'
  const choice = createChoice(model, standby, options, source, refusal, runner)
  /** Number of the last operation that changed each lane. */
  let moved = new Float64Array(initial)
  let number = 0
  let closing: Promise<void> | undefined

  function open(): void {
    if (closing) throw new Error('the stepper is closed')
  }

  function rows(
    kind: 'step' | 'ahead',
    lanes: ArrayLike<number>,
    inputs: Float32Array,
  ): Promise<Float32Array> {
    open()
    for (let i = 0; i < lanes.length; i++) checkLane(lanes[i], standby.lanes)
    checkLength('inputs', inputs, lanes.length * inputSize)
    checkBounded('inputs', inputs, largestInput)
    number++
    if (kind === 'step') for (let i = 0; i < lanes.length; i++) moved[lanes[i]] = number
    return new Promise((resolve, reject) => {
      const operation: RowsOperation = {
        kind,
        number,
        lanes,
        inputs,
        planned: 0,
        answered: 0,
        outputs: new Float32Array(lanes.length * width),
        resolve,
        reject,
      }
      runner.push(operation)
    })
  }

  function restore(lane: number, state: Float32Array): void {
    moved[lane] = ++number
    runner.push({ kind: 'restore', number, lane, state })
  }

  return {
    model,
    get device() {
      return choice.device
    },
    get reason() {
      return choice.reason
    },
    get lanes() {
      return standby.lanes
    },
    get load() {
      return runner.load
    },
    ready: choice.ready,
    step: (lanes, inputs) => rows('step', lanes, inputs),
    ahead: (lanes, inputs) => rows('ahead', lanes, inputs),
    save(lane) {
      open()
      checkLane(lane, standby.lanes)
      return new Promise((resolve, reject) => {
        runner.push({ kind: 'save', number: ++number, lane, resolve, reject })
      })
    },
    restore(lane, state) {
      open()
      checkLane(lane, standby.lanes)
      checkLength('state', state, size)
      checkBounded('state', state, largestState)
      restore(lane, state.slice())
    },
    reset(lane) {
      open()
      checkLane(lane, standby.lanes)
      restore(lane, zero)
    },
    copy(from, to) {
      open()
      checkLane(from, standby.lanes)
      checkLane(to, standby.lanes)
      moved[to] = ++number
      runner.push({ kind: 'copy', number, from, to })
    },
    grow(lanes) {
      open()
      // At once, so that a lack of memory is the caller's to know.
      standby.grow(lanes)
      const old = moved
      moved = new Float64Array(lanes)
      moved.set(old)
      runner.push({ kind: 'grow', number: ++number, lanes })
    },
    settle() {
      open()
      return new Promise((resolve) => {
        runner.push({ kind: 'settle', number: ++number, resolve })
      })
    },
    peek(lane) {
      open()
      checkLane(lane, standby.lanes)
      return moved[lane] <= runner.known ? standby.save(lane) : undefined
    },
    close() {
      if (!closing) {
        choice.close()
        closing = runner.close()
      }
      return closing
    },
  }
}
