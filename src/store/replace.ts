import { randomUUID } from 'node:crypto'
import * as promises from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The calls a write makes; tests pass ones that fail. */
export type WriteCalls = Pick<typeof promises, 'copyFile' | 'link' | 'open' | 'rename' | 'rm'>

export interface WriteOptions {
  /** What lies at the path is replaced; otherwise that is an error. @default true */
  readonly replace?: boolean
  readonly calls?: WriteCalls
}

/**
 * Writes a file under another name in the same folder, syncs it and only then gives it its own: whoever reads finds
 * the old file or the new one, and what fails leaves nothing behind.
 *
 * @param path a link is replaced itself, not what it leads to
 * @throws Error of the file system, with code `EEXIST` when there is something that is not to be replaced
 */
export async function writeWhole(
  path: string,
  bytes: Uint8Array,
  { replace = true, calls = promises }: WriteOptions = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`)
  const file = await calls.open(temporary, 'wx')
  try {
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    if (replace) await calls.rename(temporary, path)
    else await add(temporary, path, calls)
  } finally {
    await calls.rm(temporary, { force: true })
  }
}

/** Unlike a rename, neither of these ever replaces a file that has come in the meantime. */
async function add(from: string, to: string, { link, copyFile }: WriteCalls): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    // FAT, as on memory cards, has no links.
    await copyFile(from, to, promises.constants.COPYFILE_EXCL)
  }
}
