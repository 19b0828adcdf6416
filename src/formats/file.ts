import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { quote } from '../quote.ts'
import { FormatError } from './error.ts'
import { MAX_FILE } from './limits.ts'
import type { ReadSibling } from './types.ts'

/** A file's content, and the way to those beside it. */
export interface Source {
  readonly bytes: Uint8Array
  readonly readSibling: ReadSibling
}

/** Reads a file of at most 1 GB, or takes its content as given. */
export async function openSource(source: string | Uint8Array): Promise<Source> {
  if (typeof source === 'string') {
    const bytes = await readWhole(source, MAX_FILE)
    return { bytes, readSibling: siblingsOf(source) }
  }
  if (!(source instanceof Uint8Array)) {
    throw new TypeError(`source must be a path or a Uint8Array, got ${quote(source)}`)
  }
  if (source.byteLength > MAX_FILE) throw new FormatError(`the file has ${source.byteLength} bytes, too many`)
  if (source.byteLength === 0) throw new FormatError('the file is empty')
  return {
    bytes: source,
    async readSibling(name) {
      throw new FormatError(`the file needs ${quote(name)} beside it, so it must be read by its path`)
    },
  }
}

/** Names from the file lead nowhere but into its own folder, and to no more than 1 GB in all. */
function siblingsOf(path: string): ReadSibling {
  let left = MAX_FILE
  return async (name) => {
    if (name === '' || name === '.' || name === '..' || /[/\\:\0]/.test(name)) {
      throw new FormatError(`the file names ${quote(name)}, which is not a file in the same folder`)
    }
    const folder = await realpath(dirname(path))
    const place = join(folder, name)
    const real = await realpath(place).catch((error) => {
      throw unreadable(name, error)
    })
    if (dirname(real) !== folder) {
      throw new FormatError(
        `${quote(name)} is a link that leads out of the folder of the file; copy what it leads to into that folder`,
      )
    }
    const bytes = await readWhole(real, left)
    left -= bytes.byteLength
    return bytes
  }
}

async function readWhole(path: string, limit: number): Promise<Uint8Array> {
  const name = basename(path)
  // Without waiting, because a pipe without a writer would never open.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((error) => {
    throw unreadable(name, error)
  })
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) throw new FormatError(`${quote(name)} is a folder, not a file`)
    if (!stat.isFile()) throw new FormatError(`${quote(name)} is not a regular file`)
    if (stat.size > limit)
      throw new FormatError(`${quote(name)} has ${stat.size} bytes, at most ${limit} are read`)
    if (stat.size === 0) throw new FormatError(`${quote(name)} is empty`)
    const bytes = new Uint8Array(stat.size)
    let length = 0
    while (length < bytes.byteLength) {
      const { bytesRead } = await file.read(bytes, length, bytes.byteLength - length, length)
      if (bytesRead === 0) throw new FormatError(`${quote(name)} became shorter while it was read`)
      length += bytesRead
    }
    return bytes
  } finally {
    await file.close()
  }
}

function unreadable(name: string, error: NodeJS.ErrnoException): FormatError {
  const reason = error.code === 'ENOENT' ? 'there is no such file' : (error.code ?? 'the path is impossible')
  return new FormatError(`${quote(name)} cannot be read: ${reason}`)
}
