import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { FormatName } from '../../../src/formats/types.ts'
import { type Choice, createInput } from './input.ts'
import type { Verdict } from './judge.ts'
import { loadSeeds } from './seeds.ts'

/** What a child process is to try. */
export interface Plan extends Choice {
  readonly from: number
  readonly to: number
  /** File that holds the number of the input under way. */
  readonly progress: string
  /** For inputs that are several files. */
  readonly folder: string
}

/** What became of one input. */
export interface Report extends Verdict {
  readonly index: number
  readonly format: FormatName
  /** Bytes of the input. */
  readonly size: number
}

export interface Failure {
  readonly index: number
  readonly format: FormatName
  readonly kind: 'crash' | 'hang' | 'memory' | 'slow' | 'failed'
  readonly reason: string
  /** What the input was made of. */
  readonly from: string
  /** Where the input lies. */
  readonly file: string
}

export interface FuzzOptions extends Choice, Pick<Plan, 'from' | 'to'> {
  /** Told of everything that was tried and came to an end; of what was tried again, what came of that. */
  readonly onReports?: (reports: readonly Report[]) => void
  /** Told as soon as one is found. */
  readonly onFailure?: (failure: Failure) => void
  readonly signal?: AbortSignal
}

const CHILD = fileURLToPath(new URL('../workers/fuzz.js', import.meta.url))
/** Processor time that one file may take, in ms, and how long it may be silent: a shared machine may be busy. */
const SLOW = 2000
const SILENCE = 8000
const LOOK_EVERY = 250
/** Bytes that reading may take beyond the size of the file. */
export const MEMORY: number = 64 * 2 ** 20

/**
 * Tries inputs in child processes. One that dies or falls silent costs one input, and the next child goes on behind it.
 * What took too long or too much is tried again alone, and counts when it does so again.
 * @returns what must not happen and did; each such input is kept in a file
 */
export async function fuzz(options: FuzzOptions): Promise<Failure[]> {
  const work = mkdtempSync(join(tmpdir(), 'gruflow-fuzz-'))
  const failures: Failure[] = []
  const fail = (index: number, kind: Failure['kind'], reason: string): void => {
    const failure = keep(options, index, kind, reason)
    failures.push(failure)
    options.onFailure?.(failure)
  }
  try {
    let from = options.from
    while (from < options.to && !options.signal?.aborted) {
      const suspects: Report[] = []
      const take = (reports: readonly Report[]): void => {
        options.onReports?.(reports.filter((report) => !suspicious(report)))
        suspects.push(...reports.filter(suspicious))
        from = reports[reports.length - 1].index + 1
      }
      const end = await tryInputs({ ...options, from }, work, take)
      if (end && !options.signal?.aborted) {
        // What it tried and did not report.
        if (from < end.index) await tryInputs({ ...options, from, to: end.index }, work, take)
        await again(end.index)
        from = end.index + 1
      }
      for (const { index } of suspects) await again(index)
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return failures

  async function again(index: number): Promise<void> {
    let report: Report | undefined
    const alone = { ...options, from: index, to: index + 1, signal: undefined }
    const end = await tryInputs(alone, work, (reports) => {
      report = reports[0]
    })
    if (report) options.onReports?.([report])
    if (end) fail(index, end.kind, end.reason)
    else if (report?.kind === 'failed') fail(index, 'failed', report.reason ?? '')
    else if (report && report.memory > MEMORY + report.size) fail(index, 'memory', `${report.memory} bytes`)
    else if (report && report.time > SLOW) fail(index, 'slow', `${report.time} ms`)
  }
}

function suspicious({ kind, memory, size, time }: Report): boolean {
  return kind === 'failed' || memory > MEMORY + size || time > SLOW
}

interface BadEnd {
  readonly index: number
  readonly kind: 'crash' | 'hang'
  readonly reason: string
}

/** One child's life. @returns how it ended when not as it should */
async function tryInputs(
  { inputs, seed, formats, from, to, signal }: FuzzOptions,
  work: string,
  onReports: (reports: readonly Report[]) => void,
): Promise<BadEnd | undefined> {
  const progress = join(work, 'progress')
  const folder = join(work, 'files')
  mkdirSync(folder, { recursive: true })
  writeFileSync(progress, '')
  const plan: Plan = { inputs, seed, formats, from, to, progress, folder }
  const child = fork(CHILD, [JSON.stringify(plan)], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
  child.on('message', (reports) => onReports(reports as Report[]))
  const stop = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  const errors = text(child.stderr!)
  const hung = watch(child, progress)
  // Reports may come after the end of the process.
  const [[code, killed]] = await Promise.all([once(child, 'close'), once(child, 'disconnect')])
  signal?.removeEventListener('abort', stop)
  if (code === 0 || signal?.aborted) return undefined
  const index = current(progress)
  if (index === undefined) throw new Error(`the good files are too much for it: ${await errors}`)
  if (hung()) return { index, kind: 'hang', reason: `silent for ${SILENCE} ms` }
  return { index, kind: 'crash', reason: `ended with ${code ?? killed}: ${(await errors).slice(-2000)}` }
}

/** Kills a child that stays at one input. @returns whether it had to */
function watch(child: ChildProcess, progress: string): () => boolean {
  let last: number | undefined
  let since = performance.now()
  let hung = false
  const timer = setInterval(() => {
    const index = current(progress)
    if (index !== last) {
      last = index
      since = performance.now()
    } else if (performance.now() - since > SILENCE) {
      hung = true
      child.kill('SIGKILL')
    }
  }, LOOK_EVERY)
  child.once('close', () => clearInterval(timer))
  return () => hung
}

/** Number of the input under way; undefined before the first. */
function current(progress: string): number | undefined {
  const bytes = readFileSync(progress)
  return bytes.length === 8 ? Number(bytes.readBigUInt64LE()) : undefined
}

function keep(choice: Choice, index: number, kind: Failure['kind'], reason: string): Failure {
  const input = createInput(loadSeeds(), choice, index)
  const folder = join(
    tmpdir(),
    'gruflow-fuzz-found',
    `${input.format}-${choice.inputs}-${choice.seed}-${index}`,
  )
  mkdirSync(folder, { recursive: true })
  const file = join(folder, input.sibling ? 'model.json' : 'input')
  writeFileSync(file, input.bytes)
  if (input.sibling) writeFileSync(join(folder, input.sibling.name), input.sibling.bytes)
  return { index, format: input.format, kind, reason, from: input.from, file }
}
