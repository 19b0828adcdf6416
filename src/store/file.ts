import { readdirSync, readFileSync, rmSync } from 'node:fs'
import * as promises from 'node:fs/promises'
import { basename, join } from 'node:path'

/** The calls a write makes; tests pass ones that fail. */
export type FileCalls = Pick<typeof promises, 'mkdir' | 'open' | 'rename' | 'rm'>

/** One named block of bytes on disk, with the generation before it. */
export interface SnapshotFile {
  /**
   * Hands the newest generation that `use` accepts to it; `use` refuses by throwing. Synchronous, because
   * a node must be ready when its constructor returns.
   */
  read<T>(use: (bytes: Uint8Array) => T): ReadResult<T>
  /** Replaces the bytes: after a crash or an error at any moment, the old or the new ones are read. */
  write(bytes: Uint8Array): Promise<void>
  /** The next write keeps what it replaces as a copy. */
  keepCopy(): void
  /** Removes every generation and copy. */
  remove(): Promise<void>
}

interface ReadResult<T> {
  /** What `use` returned; undefined when there is nothing that it accepts. */
  readonly value?: T
  /** One sentence for each generation that was refused, newest first. */
  readonly refused: readonly string[]
}

/** Temporary files of writes that are under way, so that opening a file anew leaves them alone. */
const writing = new Set<string>()
let writes = 0

/**
 * Opens a named file in a folder. Beside `name` there may be `name.previous`, the generation before, and
 * `name.bak`, a copy of one that could not be read, kept instead of overwritten.
 *
 * @param folder made at the first write
 * @throws RangeError unless the name has 1–64 of the characters A–Z a–z 0–9 . _ - and is no folder name
 */
export function openSnapshotFile(folder: string, name: string, calls: FileCalls = promises): SnapshotFile {
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(name) || /^\.+$/.test(name)) {
    throw new RangeError(`a snapshot's name must be 1–64 of A–Z a–z 0–9 . _ -, got ${JSON.stringify(name)}`)
  }
  const path = join(folder, name)
  const previous = `${path}.previous`
  const copy = `${path}.bak`
  let copyNext = false
  let queue: Promise<unknown> = Promise.resolve()

  return {
    read(use) {
      removeStale()
      const refused: string[] = []
      copyNext = false
      for (const file of [path, previous]) {
        try {
          return { value: use(readFileSync(file)), refused }
        } catch (error) {
          if (isMissing(error)) continue
          // The next write must not push a good previous generation out with one that nobody could read.
          if (file === path) copyNext = true
          refused.push(`${basename(file)}: ${(error as Error).message}`)
        }
      }
      return { refused }
    },
    keepCopy() {
      copyNext = true
    },
    write: (bytes) => inTurn(() => replace(bytes)),
    remove: () =>
      inTurn(async () => {
        for (const file of [path, previous, copy]) await calls.rm(file, { force: true })
      }),
  }

  /** One write at a time, and a failed one does not stop the next. */
  function inTurn(job: () => Promise<void>): Promise<void> {
    const result = queue.then(job)
    queue = result.catch(() => {})
    return result
  }

  async function replace(bytes: Uint8Array): Promise<void> {
    const temporary = `${path}.${process.pid}-${++writes}.tmp`
    writing.add(temporary)
    try {
      await calls.mkdir(folder, { recursive: true })
      await writeWhole(temporary, bytes)
      const copying = copyNext
      await renameIfThere(path, copying ? copy : previous)
      if (copying) copyNext = false
      await calls.rename(temporary, path)
      await syncFolder()
    } catch (error) {
      await calls.rm(temporary, { force: true }).catch(() => {})
      throw error
    } finally {
      writing.delete(temporary)
    }
  }

  async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
    const handle = await calls.open(file, 'w')
    try {
      await handle.writeFile(bytes)
      // A full disk may take fewer bytes than it was given without an error.
      const { size } = await handle.stat()
      if (size !== bytes.length)
        throw new Error(`only ${size} of ${bytes.length} bytes were written to ${file}`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  async function renameIfThere(from: string, to: string): Promise<void> {
    try {
      await calls.rename(from, to)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  /** Makes the renames themselves durable. */
  async function syncFolder(): Promise<void> {
    if (process.platform === 'win32') return // a folder cannot be opened there
    const handle = await calls.open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }

  /** Removes what a killed process left half written. */
  function removeStale(): void {
    try {
      for (const stale of readdirSync(folder)) {
        if (!stale.startsWith(`${name}.`) || !/^\d+-\d+\.tmp$/.test(stale.slice(name.length + 1))) continue
        if (!writing.has(join(folder, stale))) rmSync(join(folder, stale), { force: true })
      }
    } catch {
      // No folder yet, or one that reading and writing will complain about.
    }
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT'
