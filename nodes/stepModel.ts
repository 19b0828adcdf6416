import { Subject } from 'rxjs'
import type { DeviceChoice } from '../src/engine/device.ts'
import { whySynchronous } from '../src/engine/gpu/synchronous.ts'
import type { GruSpec } from '../src/engine/spec.ts'
import { wasm } from '../src/engine/wasm/wasm.ts'
import type { Imported } from '../src/formats/types.ts'
import { type GruStepOutcome, gruStep } from '../src/rx/gruStep.ts'
import type { Running } from '../src/rx/stepLater.ts'
import type { MessageKey } from './property.ts'
import type { Done, Message, Send } from './red.ts'
import { readSteps } from './stepMessage.ts'
import { featuresOf } from './stepSettings.ts'
import { readState } from './stepState.ts'

/** A message on its way through the operator, and how to answer it. */
export interface StepJob {
  readonly msg: Message
  readonly send: Send
  readonly done: Done
}

export interface StepModelOptions {
  /** Throws when the message says no stream. */
  readonly readKey: (msg: Message) => MessageKey
  readonly getInput: (msg: Message) => unknown
  /** Where the input comes from, such as `msg.payload`. */
  readonly subject: string
  /** Fields of objects in the model's order. @default the names that the model's file has for its inputs */
  readonly features: readonly string[]
  readonly hidden: boolean
  readonly device: DeviceChoice
  readonly maxStreams?: number
  readonly onEvict: (key: string) => void
  /** Hears of each change of what runs the model, once there can be any. */
  readonly onDevice: (spec: GruSpec, running: Running) => void
  readonly answer: (spec: GruSpec, outcome: GruStepOutcome<StepJob>) => void
  /** Hears once of a fault that has ended the steps, and of the jobs that get no other answer. */
  readonly onFault: (error: Error, unanswered: readonly StepJob[]) => void
}

/** A model with the states of its streams. */
export interface StepModel {
  readonly spec: GruSpec
  /** What runs it as far as that is known, which with a GPU in question it is later. */
  readonly running: Running | undefined
  /** Each job is answered in its order, in this turn where WASM was chosen. */
  push(job: StepJob): void
  /** Settles when all jobs are answered. */
  idle(): Promise<void>
  /** As `idle`, and takes no more. */
  close(): Promise<void>
}

const IN_WASM = { device: wasm.device, load: { batch: 0, microseconds: 0 } }

/** @throws RangeError naming an option that does not fit the model; Error of a fault */
export function openStepModel(imported: Imported, options: StepModelOptions): StepModel {
  const { readKey, getInput, subject, hidden, maxStreams, onEvict, onDevice, answer, onFault, device } =
    options
  const { model, preprocessing } = imported
  const read = (msg: Message): MessageKey | Error => {
    try {
      return readKey(msg)
    } catch (error) {
      return error as Error
    }
  }
  const { spec } = model
  const { inputSize } = spec
  const named = (preprocessing?.inputs ?? []).map(({ name }) => name)
  const features = featuresOf(options.features, named, inputSize)
  const paths = features.length === 0 && inputSize === 1 ? [undefined] : features
  const unanswered = new Set<StepJob>()
  const reason = whySynchronous(device)
  let running: Running | undefined = reason === undefined ? undefined : { ...IN_WASM, reason }
  let tellIdle: (() => void) | undefined
  let opened = false
  let fault: Error | undefined

  const jobs = new Subject<StepJob & { readonly about: MessageKey | Error }>()
  const answers = jobs
    .pipe(
      gruStep({
        model,
        preprocessing,
        hidden,
        device,
        maxStreams,
        onEvict,
        onDevice(now) {
          running = now
          onDevice(spec, now)
        },
        key({ about }) {
          if (about instanceof Error) throw about
          return about.key
        },
        reset: ({ about }) => (about instanceof Error ? false : (about.reset ?? false)),
        state: ({ msg }) => readState(msg.h0, spec),
        input: ({ msg }) => readSteps(getInput(msg), { subject, inputSize, paths }),
      }),
    )
    .subscribe({
      next(outcome) {
        unanswered.delete(outcome.source)
        answer(spec, outcome)
        if (unanswered.size === 0) tellIdle?.()
      },
      error(error: Error) {
        fault = error
        if (opened) onFault(error, [...unanswered])
        tellIdle?.()
      },
    })
  if (fault) throw fault
  opened = true
  return {
    spec,
    get running() {
      return running
    },
    push(job) {
      const source = { ...job, about: read(job.msg) }
      unanswered.add(source)
      jobs.next(source)
    },
    async idle() {
      if (unanswered.size > 0 && !fault) await new Promise<void>((resolve) => (tellIdle = resolve))
    },
    close() {
      jobs.complete()
      return new Promise((resolve) => answers.add(resolve))
    },
  }
}
