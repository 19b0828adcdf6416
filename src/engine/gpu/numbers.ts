import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Span } from './protocol.ts'

/** Float32 numbers in a file that two processes have open: four times as fast as sending them as a message. */
export interface Numbers {
  readonly fd: number
  write(at: number, values: Float32Array): Span
  read(span: Span): Float32Array
  close(): void
}

/** Makes a nameless file for this process and a child, which gets `fd` as one of its own. */
export function createNumbers(): Numbers {
  // Memory, where the system has such a folder.
  const folder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
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
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(fd, bytes, done, bytes.length - done, 4 * at + done)
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
