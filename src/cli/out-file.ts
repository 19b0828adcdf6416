import { lstat, realpath, stat } from 'node:fs/promises'
import { writeWhole } from '../store/replace.ts'

/** Where a file is to be written. */
export interface OutFile {
  /** As it was given. */
  readonly path: string
  /** Where it really lies: links are followed. */
  readonly real: string
  /** Whether a file that is there is replaced. */
  readonly force: boolean
}

/** @throws Error naming the path, when something is there that must not be replaced */
export async function findOutFile(path: string, force: boolean): Promise<OutFile> {
  const there = await lstat(path).catch(ifMissing(path))
  if (!there) return { path, real: path, force }
  const leadsTo = await stat(path).catch(ifMissing(path))
  if (!leadsTo) throw new Error(`'${path}' is a link that leads to nothing, and is not replaced`)
  if (!leadsTo.isFile()) throw new Error(`'${path}' is no file, and is not replaced`)
  if (!force) throw exists(path)
  return { path, real: await realpath(path), force }
}

/** Writes it whole or not at all. @throws Error naming the path as it was given */
export async function writeOutFile({ path, real, force }: OutFile, bytes: Uint8Array): Promise<void> {
  await writeWhole(real, bytes, { replace: force }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw exists(path)
    const reason = error.code === 'ENOENT' ? 'there is no such folder' : (error.code ?? error.message)
    throw new Error(`'${path}' cannot be written: ${reason}`)
  })
}

const exists = (path: string): Error => new Error(`there is a file '${path}' already; --force replaces it`)

const ifMissing =
  (path: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== 'ENOENT') throw new Error(`'${path}' cannot be written: ${error.code}`)
  }
