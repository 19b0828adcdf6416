import { createHash } from 'node:crypto'
import { readFile, rm, stat } from 'node:fs/promises'
import { checkSegmentModel } from '../forecast/experts/check.ts'
import type { FitHistoryCheckpoint } from '../forecast/fit/types.ts'
import type { SnapshotTree } from '../forecast/types.ts'
import type { FitCheckpoint, SegmentModel } from '../learn/segment/types.ts'
import { writeWhole } from '../store/replace.ts'
import { decodeSnapshot, encodeSnapshot } from '../store/snapshot.ts'
import type { Column } from '../table/types.ts'

/** What a checkpoint is of: it is taken up again only for the same. */
export interface FitTask {
  readonly columns: readonly Column[]
  readonly options: Readonly<Record<string, string | number | undefined>>
}

/** A file that keeps how far a fit has come. */
export interface CheckpointFile {
  /** What an earlier run has left; undefined: nothing. */
  readonly found: FitHistoryCheckpoint | undefined
  /** Replaces it. Writes follow one another; what a newer one has overtaken is left out. */
  keep(checkpoint: FitHistoryCheckpoint): void
  /** Settles when nothing is being written any more. */
  settled(): Promise<void>
  remove(): Promise<void>
}

const KIND = 'gruflow fit checkpoint'
const VERSION = 1
/** Bytes of a checkpoint that is read. */
const MAX_BYTES = 2 ** 30

/**
 * @param warn told the first time that the file cannot be written
 * @throws Error naming the path, when what is there is no checkpoint, or of another history or other options
 */
export async function openCheckpoint(
  path: string,
  task: FitTask,
  warn: (message: string) => void,
): Promise<CheckpointFile> {
  const history = historyDigest(task.columns)
  const options = digest(JSON.stringify(Object.entries(task.options).sort()))
  const found = await read(path, history, options)
  let next: FitHistoryCheckpoint | undefined
  let writing: Promise<void> | undefined
  let warned = false

  const write = async (): Promise<void> => {
    for (let checkpoint = next; checkpoint; checkpoint = next) {
      next = undefined
      const tree = { kind: KIND, version: VERSION, history, options, checkpoint } as unknown as SnapshotTree
      try {
        await writeWhole(path, encodeSnapshot(tree))
      } catch (error) {
        if (!warned) warn(`the checkpoint '${path}' cannot be written: ${reasonOf(error)}`)
        warned = true
      }
    }
    writing = undefined
  }
  return {
    found,
    keep(checkpoint) {
      next = checkpoint
      writing ??= write()
    },
    settled: async () => writing,
    async remove() {
      await writing
      await rm(path, { force: true })
    },
  }
}

async function read(
  path: string,
  history: string,
  options: string,
): Promise<FitHistoryCheckpoint | undefined> {
  const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw new Error(`the checkpoint '${path}' cannot be read: ${error.code}`)
  })
  if (!there) return undefined
  const refuse = (reason: string): Error => new Error(`'${path}' is no checkpoint to go on from: ${reason}`)
  if (!there.isFile()) throw refuse('it is no file')
  if (there.size > MAX_BYTES) throw refuse(`it has ${there.size} bytes, at most ${MAX_BYTES} are read`)
  let tree: Partial<Record<string, unknown>>
  try {
    tree = Object(decodeSnapshot(await readFile(path)))
  } catch (error) {
    throw refuse(reasonOf(error))
  }
  if (tree.kind !== KIND || tree.version !== VERSION) throw refuse('it is a snapshot of something else')
  if (tree.history !== history) throw refuse('it is of another history')
  if (tree.options !== options) throw refuse('it is of a fit with other options')
  try {
    return checkCheckpoint(tree.checkpoint as FitHistoryCheckpoint)
  } catch (error) {
    throw refuse(reasonOf(error))
  }
}

/** @throws Error when arrays are missing or do not fit the net that it names */
function checkCheckpoint(checkpoint: FitHistoryCheckpoint): FitHistoryCheckpoint {
  const { stage, fit, measured } = checkpoint
  if (stage !== 'measuring' && stage !== 'finishing') throw new Error('it names no stage')
  if (measured) checkModel(measured.model)
  if (fit) checkFit(fit)
  return checkpoint
}

function checkFit(fit: FitCheckpoint): void {
  const { spec, channels, weights, mean, square, best, update, epoch, stale, seconds } = fit
  for (const array of [weights, best.weights]) checkModel({ spec, channels, weights: array })
  for (const moments of [mean, square]) {
    if (!(moments instanceof Float32Array)) throw new Error('it lacks the moments of Adam')
  }
  if (!(best.skills instanceof Float64Array) || best.skills.length !== channels.length) {
    throw new Error('it does not hold a skill for each column')
  }
  for (const count of [update, epoch, stale, best.epoch, Math.round(seconds)]) {
    if (!Number.isSafeInteger(count) || count < 0) throw new Error(`it holds the impossible count ${count}`)
  }
}

function checkModel(model: SegmentModel): void {
  if (!(model.weights instanceof Float32Array)) throw new Error('it lacks weights')
  checkSegmentModel(model)
}

function historyDigest(columns: readonly Column[]): string {
  const hash = createHash('sha256')
  for (const { name, values } of columns) {
    // Its length in front, so that no other columns give the same bytes.
    hash.update(JSON.stringify([name, values.length]))
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  }
  return hash.digest('hex')
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException
  return code ?? message
}
