import { realpath, stat } from 'node:fs/promises'
import { basename, isAbsolute, relative, resolve } from 'node:path'
import { quote } from '../src/quote.ts'

/** Where files of history may lie. */
export interface HistoryFolders {
  readonly userDir?: string
  /** Of Node-RED's settings; relative names begin there, else in the user directory. */
  readonly fileWorkingDirectory?: string
  /**
   * Of the process, where the core file nodes begin without a `fileWorkingDirectory`, and where relative names do then
   * that are not in the user directory. It may be any folder, even the root of the disk: not for names from messages.
   */
  readonly workingDirectory?: string
}

/** What tables end in: names often come with messages, and no key, password or flow is to be read for one. */
const ENDING = /\.(csv|tsv|txt)(\.gz)?$/i

/**
 * Where a file of history really lies.
 * @throws TypeError when the name is no text; Error when it is not that of a table, or the file lies elsewhere than in
 * the folders, or there is none
 */
export async function findHistory(
  name: unknown,
  { userDir, fileWorkingDirectory, workingDirectory }: HistoryFolders,
): Promise<string> {
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`the file of history is not named: msg.filename must be its name, got ${quote(name)}`)
  }
  const begins = (fileWorkingDirectory ? [fileWorkingDirectory] : [userDir, workingDirectory]).filter(isNamed)
  const folders = [fileWorkingDirectory, userDir, workingDirectory].filter(isNamed)
  if (begins.length === 0) throw new Error(`there is no user directory to look for ${quote(name)} in`)
  const cannot = (why: string): Error =>
    new Error(`the file of history ${quote(name)} cannot be read: ${why}`)
  const outside = workingDirectory
    ? 'it lies outside of the user directory, of the fileWorkingDirectory of the settings and of the working directory'
    : 'it lies outside of the user directory and of the fileWorkingDirectory of the settings'
  if (name.includes('\0')) throw cannot('it is no file name')
  // Before anything out there is looked at.
  const paths = begins
    .map((begin) => resolve(begin, name))
    .filter((path) => folders.some((folder) => isInside(resolve(folder), path)))
  if (paths.length === 0) throw cannot(outside)
  const real = await firstOf(paths).catch((error) => {
    throw cannot(error.code ?? 'unknown reason')
  })
  if (real === undefined) throw cannot('there is no such file')
  // Names may be links: what counts is where they lead.
  const roots = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)))
  if (!roots.some((root) => root !== undefined && isInside(root, real))) throw cannot(outside)
  if (!ENDING.test(basename(real)) || basename(real).startsWith('.')) {
    throw cannot('a table ends in .csv, .tsv or .txt, or in one of these and .gz')
  }
  if (!(await stat(real)).isFile()) throw cannot('it is no regular file')
  return real
}

/** Where the first of the paths that exists really is. */
async function firstOf(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const real = await realpath(path).catch((error) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (real !== undefined) return real
  }
  return undefined
}

const isNamed = (folder: string | undefined): folder is string => Boolean(folder)

function isInside(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '' && !isAbsolute(way) && way.split(/[\\/]/)[0] !== '..'
}
