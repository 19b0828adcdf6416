import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reference } from '../../../src/engine/reference.ts'
import { sequence } from '../../../src/engine/sequence.ts'
import { FormatError } from '../../../src/formats/error.ts'
import { inspectModel, readModel } from '../../../src/formats/read.ts'
import type { Imported, Inspection } from '../../../src/formats/types.ts'
import type { Input } from './input.ts'
import type { MemoryMeter } from './memory.ts'

export interface Verdict {
  readonly kind: 'model' | 'refused' | 'failed'
  /** What must not happen, and did. */
  readonly reason?: string
  /** Bytes that reading took. */
  readonly memory: number
  /** Processor time that reading took, in ms. */
  readonly time: number
}

/** Eight names of a file, quoted, and what is said of them. */
const LONGEST_MESSAGE = 640
const STEPS = 2
/** Weights beyond it may well give sums beyond float32. */
const TAME = 1e9
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
/** Errors of the language that someone caught and passed on as one of the file's. */
const LANGUAGE =
  /call stack|Invalid (typed )?array|allocation failed|is not (a function|iterable)|of undefined|of null|outside the bounds|BigInt|Unexpected token|\[object/

/**
 * Reads an input as any file is read. Good are a model that is finite and runs, and one sentence that says why not.
 * @param folder for formats of several files
 */
export async function judge(input: Input, folder: string, meter: MemoryMeter): Promise<Verdict> {
  const source = sourceOf(input, folder)
  const begin = process.cpuUsage()
  meter.begin()
  const read = await settled(readModel(source, input.options))
  const memory = meter.end()
  const { user, system } = process.cpuUsage(begin)
  const time = (user + system) / 1000
  const reason = problemOf(read, await settled(inspectModel(source, input.options)))
  if (reason !== undefined) return { kind: 'failed', reason, memory, time }
  return { kind: 'value' in read ? 'model' : 'refused', memory, time }
}

function sourceOf({ bytes, sibling }: Input, folder: string): string | Uint8Array {
  if (!sibling) return bytes
  const path = join(folder, 'model.json')
  writeFileSync(join(folder, sibling.name), sibling.bytes)
  writeFileSync(path, bytes)
  return path
}

type Settled<T> = { readonly value: T } | { readonly error: unknown }

function settled<T>(promise: Promise<T>): Promise<Settled<T>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
}

function problemOf(read: Settled<Imported>, inspected: Settled<Inspection>): string | undefined {
  if ('error' in read) {
    const shown = 'error' in inspected ? inspected.error : new FormatError(inspected.value.problem ?? '')
    return (
      refusalProblem(read.error) ??
      refusalProblem(shown) ??
      ((shown as Error).message === (read.error as Error).message ? undefined : 'read and inspected differ')
    )
  }
  if ('error' in inspected) return refusalProblem(inspected.error) ?? 'read, but not inspected'
  if (inspected.value.problem !== undefined) return 'read, but inspected with a problem'
  const sentences = [...read.value.notes, ...inspected.value.notes]
  return sentences.map(sentenceProblem).find((problem) => problem !== undefined) ?? modelProblem(read.value)
}

function refusalProblem(error: unknown): string | undefined {
  if (error instanceof FormatError) return sentenceProblem(error.message)
  return `threw ${error instanceof Error ? error.stack : String(error)}`
}

function sentenceProblem(text: string): string | undefined {
  if (text === '' || text.length > LONGEST_MESSAGE) return `a message of ${text.length} characters: ${text}`
  if (UNPRINTABLE.test(text)) return `a message that does not print: ${JSON.stringify(text)}`
  if (LANGUAGE.test(text)) return `a message of the language: ${text}`
  return undefined
}

function modelProblem({ model }: Imported): string | undefined {
  if (!model.weights.every(Number.isFinite)) return 'weights that are not finite'
  if (model.weights.some((weight) => Math.abs(weight) > TAME)) return undefined
  const x = new Float32Array(STEPS * model.spec.inputSize)
  const { y, hn, out } = sequence(model, x, { batch: 1, time: STEPS, backend: reference })
  for (const values of [y, hn, out ?? []]) {
    if (!values.every(Number.isFinite)) return 'outputs that are not finite'
  }
  return undefined
}
