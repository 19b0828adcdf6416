import { defer, finalize, map, type Observable, type OperatorFunction } from 'rxjs'
import type { Backend } from '../engine/backend.ts'
import { checkDevice, type DeviceChoice } from '../engine/device.ts'
import { whySynchronous } from '../engine/gpu/synchronous.ts'
import type { Model } from '../engine/model.ts'
import { directions, stateSize } from '../engine/spec.ts'
import type { Skip } from '../forecast/types.ts'
import type { Preprocessing, Scaling } from '../formats/types.ts'
import { checkFunctions } from '../mqtt/check.ts'
import { quote } from '../quote.ts'
import { type Answer, invalid, type KeyOptions, keyed, keyedLater, overloaded, tooMuch } from './keyed.ts'
import { createRoom, later } from './later.ts'
import { createInputReader, fill, type StepInput, type Steps } from './stepInput.ts'
import { createLaterRun, type OnDevice } from './stepLater.ts'
import type { Step } from './stepOutput.ts'
import { createStepRun } from './stepRun.ts'

export interface GruStepOptions<T> extends KeyOptions<T> {
  readonly model: Model
  /**
   * The `inputSize` finite numbers of one step, or an array of 1 to 10,000 such steps: a whole sequence, which goes
   * on from the stream's state and leaves it after its last step. A model that is not forward only takes whole
   * sequences alone, each from `h0`.
   */
  readonly input: (source: T) => StepInput
  /** State that each stream begins with, [layers · directions, hiddenSize]. @default zeros */
  readonly h0?: ArrayLike<number>
  /** State to take this source's steps from, instead of its stream's. @default the stream's */
  readonly state?: (source: T) => ArrayLike<number> | undefined
  /** How inputs are scaled for the model and its projection is scaled back. @default not at all */
  readonly preprocessing?: Preprocessing
  /** Give the state after the last step too. @default false */
  readonly hidden?: boolean
  /** What runs the steps: `gpu`, and `auto` where the package `webgpu` is, answer later. @default wasm */
  readonly device?: DeviceChoice
  /** Hears of each change of what runs the steps, and why; in WASM alone there is none. What it throws is only a warning. */
  readonly onDevice?: OnDevice
  /** Another backend for `wasm`. @default the fastest that the CPU can run */
  readonly backend?: Backend
  /** Streams kept; the one longest unused begins anew beyond that. @default 500 */
  readonly maxStreams?: number
  /** Hears of each stream that is forgotten for another one; what it throws makes the other one's source `invalid`. */
  readonly onEvict?: (key: string) => void
}

interface Skipped {
  readonly output?: undefined
  readonly outputs?: undefined
  readonly hidden?: undefined
  readonly device?: undefined
  readonly deviceReason?: undefined
  readonly skipped: Skip
}

/** Exactly one per source: the output of its steps, or the reason why there is none. */
export type GruStepOutcome<T> = Answer<T, Step | Skipped>

/**
 * One step of a GRU for each source, or several, on the state of its stream.
 *
 * ```
 * source    --a1---b1---a2---x----a3--|
 * gruStep   --A1---B1---A2---i----A3--|    A2 = GRU(a2, state after A1), i invalid
 * ```
 *
 * One outcome per source, in order and in the same turn. An input of the wrong length, that is not all finite
 * numbers, or for which the model gives none gives `invalid` and changes no state. Cold: states belong to the
 * subscription.
 *
 * With `device` `gpu`, or `auto` where the package `webgpu` is installed, outcomes come later, still one per source and
 * in order: what arrives while a batch is on the device forms the next batch. At most 65,536 sources wait, with 67
 * million numbers in and out; further ones give `overloaded` and change no state. Completion comes after what waits, which unsubscribing drops. Values so large that float32 sums could
 * overflow are `invalid` there too; an output that overflows only as it is scaled back leaves the state that made it.
 *
 * ```
 * source            --a1-b1-x-------a2---|
 * gruStep, gpu      ---------(A1B1i)---(A2|)
 * ```
 *
 * @throws RangeError or TypeError naming an option that cannot be used
 * @example
 * const model = initialise(gruSpec({ ...presets.pytorch, inputSize: 1, hiddenSize: 2 }), { seed: 1 })
 * of(20.5, 20.7)
 *   .pipe(gruStep({ model, input: (celsius) => [celsius / 10] }))
 *   .subscribe(({ output }) => console.log(output)) // two numbers each, the second on the state of the first
 */
export function gruStep<T>(options: GruStepOptions<T>): OperatorFunction<T, GruStepOutcome<T>> {
  const { model, input: inputOf, h0, state: stateOf, preprocessing = {}, hidden = false } = options
  const { backend, maxStreams = 500, onEvict, onDevice } = options
  const device = checkDevice(options.device ?? 'wasm')
  const { inputSize, outputSize } = model.spec
  checkFunctions(options, 'key', 'reset', 'state', 'onEvict', 'onDevice')
  if (typeof inputOf !== 'function') throw new TypeError(`input must be a function, got ${quote(inputOf)}`)
  if (!(Number.isInteger(maxStreams) && maxStreams >= 1 && maxStreams <= 100_000)) {
    throw new RangeError(`maxStreams must be a whole number from 1 to 100000, got ${String(maxStreams)}`)
  }
  if (device !== 'wasm' && backend) {
    throw new RangeError(`device ${device} and the backend ${backend.name} contradict each other`)
  }
  checkScalings('preprocessing.inputs', preprocessing.inputs, inputSize)
  checkScalings('preprocessing.outputs', preprocessing.outputs, outputSize)
  const size = stateSize(model.spec)
  const initial = new Float32Array(size)
  if (h0) fill('h0', initial, 0, size, h0)
  const runOptions = {
    model,
    backend,
    initial,
    hidden,
    maxStreams,
    scalings: preprocessing.outputs,
    onEvict,
  }
  // Opened here once for what it throws, then anew by each subscription.
  createStepRun({ ...runOptions, reason: 'tried' }).close()

  /** Makes the function that reads a source's steps, and the state to take them from. */
  const createReader = (): ((from: T) => Asked) => {
    const read = createInputReader(model.spec, preprocessing.inputs)
    const given = new Float32Array(size)
    return (from) => {
      const told = stateOf?.(from)
      if (told !== undefined) fill('state', given, 0, size, told)
      return { steps: read(inputOf(from)), state: told === undefined ? undefined : given }
    }
  }

  const stepNow = (reason: string, source: Observable<T>): Observable<GruStepOutcome<T>> =>
    defer(() => {
      const run = createStepRun({ ...runOptions, reason })
      const answer = keyed<T, Asked, Step | Skipped>(options, createReader(), {
        take(key, { steps, state }) {
          try {
            return run.take(key, steps, state)
          } catch (error) {
            return { skipped: invalid(error) }
          }
        },
        reset: run.reset,
      })
      return source.pipe(map(answer), finalize(run.close))
    })

  /** What a source holds until it has its outcome: inputs, outputs, and the states that it brings and asks for. */
  const width = outputSize || directions(model.spec) * model.spec.hiddenSize
  const numbersOf = ({ x, time = 1 }: Steps, state: Float32Array | undefined): number =>
    x.length + time * width + (hidden ? size : 0) + (state?.length ?? 0)

  const stepLater = (source: Observable<T>): Observable<GruStepOutcome<T>> =>
    defer(() => {
      const run = createLaterRun({ ...runOptions, device, onDevice })
      const room = createRoom()
      const answer = keyedLater<T, Asked, Step | Skipped>(options, createReader(), {
        async take(key, { steps, state }) {
          if (!room.claim(numbersOf(steps, state))) return { skipped: full }
          try {
            return await run.take(key, steps, state)
          } catch (error) {
            return { skipped: invalid(error) }
          }
        },
        reset: run.reset,
      })
      return source.pipe(
        later<T, GruStepOutcome<T>>(answer, overloaded(options), { room }),
        finalize(run.close),
      )
    })

  const reason = whySynchronous(device)
  return reason === undefined ? stepLater : (source) => stepNow(reason, source)
}

const full: Skip = tooMuch('the sources that wait for their outcome hold as many numbers as they may')

interface Asked {
  readonly steps: Steps
  /** Valid until the next is read. */
  readonly state?: Float32Array
}

/** @throws RangeError naming what cannot scale as many numbers */
function checkScalings(name: string, scalings: readonly Scaling[] | undefined, size: number): void {
  if (scalings === undefined) return
  if (scalings.length !== size) {
    throw new RangeError(`${name} must hold ${size} entries, got ${scalings.length}`)
  }
  for (const { mean = 0, std = 1 } of scalings) {
    if (!Number.isFinite(mean)) throw new RangeError(`${name} must have finite means, got ${quote(mean)}`)
    if (!(Number.isFinite(std) && std > 0)) {
      throw new RangeError(`${name} must have positive std, got ${quote(std)}`)
    }
  }
}
