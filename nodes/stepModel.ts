import { Subject } from 'rxjs'
import type { GruSpec } from '../src/engine/spec.ts'
import { wasm } from '../src/engine/wasm/wasm.ts'
import type { Imported } from '../src/formats/types.ts'
import { type GruStepOutcome, gruStep } from '../src/rx/gruStep.ts'
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
  readonly maxStreams?: number
  readonly onEvict: (key: string) => void
  readonly answer: (outcome: GruStepOutcome<StepJob>) => void
}

/** A model with the states of its streams. */
export interface StepModel {
  readonly spec: GruSpec
  /** What runs it. */
  readonly device: string
  /** Answers the job in this turn. @throws Error, instead of an answer, when a fault has ended the steps */
  push(job: StepJob): void
  close(): void
}

/** @throws RangeError naming an option that does not fit the model; Error of a fault */
export function openStepModel(imported: Imported, options: StepModelOptions): StepModel {
  const { readKey, getInput, subject, hidden, maxStreams, onEvict, answer } = options
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
  let fault: Error | undefined

  const jobs = new Subject<StepJob & { readonly about: MessageKey | Error }>()
  jobs
    .pipe(
      gruStep({
        model,
        preprocessing,
        hidden,
        maxStreams,
        onEvict,
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
      next: answer,
      error(error: Error) {
        fault = error
      },
    })
  if (fault) throw fault
  return {
    spec,
    device: wasm.device,
    push(job) {
      jobs.next({ ...job, about: read(job.msg) })
      if (fault) throw fault
    },
    close: () => jobs.complete(),
  }
}
