import { randomUUID } from 'node:crypto'
import { closeSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Span } from './protocol.ts'

/** Float32 numbers in a file that two processes have open: four times as fast as sending them as a message. */
export interface Numbers {
  readonly fd: number
  /** @throws Error when the folder of the file is full */
  write(at: number, values: Float32Array): Span
  read(span: Span): Float32Array
  close(): void
}

/** Memory as a folder, on Linux. */
const MEMORY = '/dev/shm'
/** Bytes that a folder must have room for: the largest request with its answer, and a model's weights. */
const ROOM = 48 * 2 ** 20

/**
 * Makes a nameless file for this process and a child, which gets `fd` as one of its own, in the first of `folders`
 * that takes it and has `room` bytes; in the last one whatever its room.
 * @param folders memory, where the system has such a folder, then the disk
 * @throws Error with all reasons when no folder takes a file
 */
export function createNumbers(folders: readonly string[] = [MEMORY, tmpdir()], room: number = ROOM): Numbers {
  const reasons: string[] = []
  for (const [i, folder] of folders.entries()) {
    try {
      if (i < folders.length - 1 && free(folder) < room) continue
      return createIn(folder)
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error))
    }
  }
  throw new Error(`no file can be made for the numbers of a GPU: ${reasons.join('; ')}`)
}

/** Containers often have 64 MiB of memory as a folder, which others use too. */
function free(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function createIn(folder: string): Numbers {
  const path = join(folder, `gruflow-${randomUUID()}`)
  const fd = openSync(path, 'wx+', 0o600)
  const remove = (): void => rmSync(path, { force: true })
  // Elsewhere an open file has no name any more; Windows keeps it until it is closed.
  if (process.platform !== 'win32') remove()
  const numbers = openNumbers(fd)
  return {
    ...numbers,
    close() {
      numbers.close()
      remove()
    },
  }
}

/** The file that a parent process has opened as `fd`. */
export function openNumbers(fd: number): Numbers {
  return {
    fd,
    write(at, values) {
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      try {
        for (let done = 0; done < bytes.length; ) {
          done += writeSync(fd, bytes, done, bytes.length - done, 4 * at + done)
        }
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        throw new Error(`${values.length} numbers at ${at} do not fit into the shared file: ${why}`)
      }
      return { at, length: values.length }
    },
    read({ at, length }) {
      const values = new Float32Array(length)
      const bytes = new Uint8Array(values.buffer)
      for (let done = 0; done < bytes.length; ) {
        const read = readSync(fd, bytes, done, bytes.length - done, 4 * at + done)
        if (read === 0) throw new Error(`${length} numbers at ${at} are missing from the shared file`)
        done += read
      }
      return values
    },
    close: () => closeSync(fd),
  }
}
