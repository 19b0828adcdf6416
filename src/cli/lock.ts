import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Keeps a folder to one process, by a file that holds the process's id. One left by a process that has died
 * does not count.
 *
 * @returns what gives the folder back
 * @throws Error when another process has the folder
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'gruflow.lock')
  await mkdir(folder, { recursive: true })
  while (!(await writeNew(file, String(process.pid)))) {
    const pid = Number(await readFile(file, 'utf8').catch(() => ''))
    if (isAnother(pid)) {
      throw new Error(
        `the demo is already running in ${folder} (process ${pid}, by ${file}): end it, or use another --user-dir`,
      )
    }
    await rm(file, { force: true })
  }
  return () => rm(file, { force: true })
}

/** Whether the file was not there before. */
export async function writeNew(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return false
  }
}

/** Whether a process with this id lives and is not this one: in containers the next run may get the same id. */
function isAnother(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process cannot be signalled, but lives.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
