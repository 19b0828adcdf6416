import { Subject } from 'rxjs'
import type { GruSpec } from '../src/engine/spec.ts'
import { wasm } from '../src/engine/wasm/wasm.ts'
import type { Imported } from '../src/formats/types.ts'
import { type GruStepOutcome, gruStep } from '../src/rx/gruStep.ts'
import type { MessageKey } from './property.ts'
import type { Done, Message, Send } from './red.ts'
import { checkFeatures, readSteps } from './stepMessage.ts'

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
  /** Fields of objects in the model's order. @default the names that the model's file has for its inputs */
  readonly features: readonly string[]
  readonly hidden: boolean
  readonly maxStreams?: number
  readonly onEvict: (key: string) => void
  readonly answer: (outcome: GruStepOutcome<StepJob>) => void
  /** Hears of a fault that has ended the steps. */
  readonly fail: (error: Error) => void
}

/** A model with the states of its streams. */
export interface StepModel {
  readonly spec: GruSpec
  /** What runs it. */
  readonly device: string
  /** Answers the job in this turn. */
  push(job: StepJob): void
  close(): void
}

/** @throws RangeError naming an option that does not fit the model */
export function openStepModel(imported: Imported, options: StepModelOptions): StepModel {
  const { readKey, getInput, hidden, maxStreams, onEvict, answer, fail } = options
  const { model, preprocessing } = imported
  const read = (msg: Message): MessageKey | Error => {
    try {
      return readKey(msg)
    } catch (error) {
      return error as Error
    }
  }
  const { spec } = model
  const features = options.features.length > 0 ? options.features : namesOf(imported)
  if (features.length > 0) checkFeatures(features, spec.inputSize)
  const paths = features.length === 0 && spec.inputSize === 1 ? [undefined] : features

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
        state: ({ msg }) => msg.h0 as ArrayLike<number> | undefined,
        input: ({ msg }) => readSteps(getInput(msg), paths),
      }),
    )
    .subscribe({ next: answer, error: fail })
  return {
    spec,
    device: wasm.device,
    push: (job) => jobs.next({ ...job, about: read(job.msg) }),
    close: () => jobs.complete(),
  }
}

/** All of them, or none when one is missing. */
function namesOf({ preprocessing }: Imported): string[] {
  const names = (preprocessing?.inputs ?? []).map(({ name }) => name)
  return names.every((name) => name !== undefined) ? names : []
}
