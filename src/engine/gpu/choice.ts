import type { Model } from '../model.ts'
import type { Stepper } from '../stepper.ts'
import { calibrate, crossover, sharedCalibrations } from './calibrate.ts'
import { NoGpuError } from './no-gpu.ts'
import { type Gpu, GpuLostError } from './process.ts'
import type { Runner } from './runner.ts'
import { openSession, type Session } from './session.ts'
import type { Calibration, DeviceStepperOptions } from './types.ts'

/** Where GPUs come from, and how long it takes until one is tried again that was lost or could not do its work. */
export interface GpuSource {
  readonly acquire: () => Promise<Gpu>
  /** Milliseconds; doubled with each failure soon after. @default 60000 */
  readonly retryMs?: number
}

/** Decides where a runner works, moves it there and says why. */
export interface Choice {
  readonly device: string
  readonly reason: string
  /** Settles once the first decision is made. */
  readonly ready: Promise<void>
  /** Readings have come together. */
  came(): void
  /** The runner has lost its session. */
  lost(error: unknown): void
  close(): void
}

const RETRY_MS = 60_000
const LONGEST_RETRY_MS = 3_600_000
/** Batches must be so many times larger, or smaller, than the crossover for a move: moves cost something too. */
const HYSTERESIS = 1.25

export function createChoice(
  model: Model,
  standby: Stepper,
  options: DeviceStepperOptions,
  source: GpuSource,
  /** Why this model is not for a GPU, if it is not. */
  refusal: string | undefined,
  runner: Pick<Runner, 'session' | 'load' | 'enter' | 'leave'>,
): Choice {
  const { device: asked = 'auto', onDevice, calibrations = sharedCalibrations } = options
  const { acquire, retryMs = RETRY_MS } = source
  /** Undefined where the reason is a comparison of what was measured. */
  let reason: string | undefined = asked === 'wasm' ? ASKED : (refusal ?? 'a GPU is being looked for')
  let compare: (batch: number) => string = () => ASKED
  let crossing: number | undefined
  let moving = false
  let closed = false
  let entered = 0
  /** Name of the GPU of the last session. */
  let last = ''
  let delay = 0
  let timer: NodeJS.Timeout | undefined
  /** There is nothing to be tried any more. */
  let final = asked === 'wasm' || refusal !== undefined

  const device = (): string => runner.session?.gpu.name ?? standby.device
  const why = (): string => reason ?? compare(runner.load.batch)

  function say(text?: string): void {
    reason = text
    const said = { device: device(), reason: why() }
    // What the listener throws is not the stepper's failure.
    if (onDevice && !closed) queueMicrotask(() => onDevice(said))
  }

  /** Whether the GPU is the place for batches as they come. */
  function wins(): boolean {
    if (asked === 'gpu') return true
    if (crossing === undefined) return false
    const { batch } = runner.load
    return runner.session ? batch >= crossing / HYSTERESIS : batch > crossing * HYSTERESIS
  }

  async function attempt(): Promise<void> {
    if (moving || closed || runner.session) return
    if (crossing !== undefined && !wins()) return say()
    moving = true
    let gpu: Gpu | undefined
    let session: Session | undefined
    try {
      gpu = await acquire()
      if (asked === 'auto' && crossing === undefined) {
        const calibration = await calibrate(gpu, model, calibrations, standby.device)
        crossing = crossover(calibration)
        compare = comparison(crossing, calibration)
      }
      if (closed || !wins()) {
        gpu.release()
        return say()
      }
      session = await openSession(gpu, model, standby.lanes)
      await runner.enter(session)
      entered = performance.now()
      last = gpu.name
      say()
    } catch (error) {
      if (session) session.close()
      else gpu?.release()
      fail(error)
    } finally {
      moving = false
    }
  }

  async function leave(): Promise<void> {
    moving = true
    await runner.leave()
    moving = false
    // It may have been lost on the way, which has been said.
    if (!timer && !final) say()
  }

  function fail(error: unknown, left = ''): void {
    // All else may pass: a lack of memory, a driver that starts anew. Where a GPU has been, it may come back.
    if (error instanceof NoGpuError && !last) final = true
    else retry()
    const how = error instanceof GpuLostError ? 'lost' : 'left'
    const message = error instanceof Error ? error.message : String(error)
    say(left ? `${left} was ${how}: ${message}` : message)
  }

  function retry(): void {
    if (closed) return
    const lasted = entered ? performance.now() - entered : 0
    delay = delay === 0 || lasted > delay ? retryMs : Math.min(2 * delay, LONGEST_RETRY_MS)
    entered = 0
    clearTimeout(timer)
    timer = setTimeout(() => {
      timer = undefined
      void attempt()
    }, delay)
    timer.unref()
  }

  return {
    get device() {
      return device()
    },
    get reason() {
      return why()
    },
    ready: final ? Promise.resolve() : attempt(),
    came() {
      if (crossing === undefined || moving || final || timer || closed) return
      if (runner.session) {
        if (!wins()) void leave()
      } else if (wins()) void attempt()
    },
    lost: (error) => fail(error, last),
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}

const ASKED = 'asked for'
const FORMAT = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 })

/** The figures by which `auto` decides, as a sentence. */
function comparison(crossing: number, { rows }: Calibration): (batch: number) => string {
  if (crossing === Number.POSITIVE_INFINITY) {
    const most = rows[rows.length - 1].toLocaleString('en')
    return () => `the GPU is slower for this model, with up to ${most} steps at a time`
  }
  const from = FORMAT.format(crossing)
  let said = 0
  let text = `the GPU wins from ${from} steps at a time on`
  return (batch) => {
    const rounded = Number(batch.toPrecision(2))
    if (rounded !== said) {
      said = rounded
      text = `steps come ${FORMAT.format(batch)} at a time, the GPU wins from ${from} on`
    }
    return text
  }
}
