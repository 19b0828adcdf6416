import { mkdir, readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inspectModel } from '../src/formats/read.ts'
import type { Inspection } from '../src/formats/types.ts'
import { quote } from '../src/quote.ts'
import { writeWhole } from '../src/store/replace.ts'

const NAME = /^(?!\.)[A-Za-z0-9._-]{1,64}$/
const LONGEST = 64

/** A file of the folder, as the editor lists it. */
export interface ModelFile {
  readonly name: string
  readonly bytes: number
}

/** The model files of one Node-RED, all in one folder and named in it. */
export interface ModelFiles {
  /** Where a file really lies. @throws Error when the name is none, or leads out of the folder or to no file */
  find(name: string): Promise<string>
  list(): Promise<ModelFile[]>
  /**
   * Keeps a file under a name, replacing the one of that name.
   * @throws Error when the name is none, or the content is no model file; then nothing is written
   */
  keep(name: string, bytes: Uint8Array): Promise<Inspection>
}

/** @throws Error when there is no user directory */
export function openModelFiles(userDir: string | undefined): ModelFiles {
  if (!userDir) throw new Error('there is no user directory to keep model files in')
  const folder = join(userDir, 'gruflow', 'models')

  const find = async (name: string): Promise<string> => {
    checkModelName(name)
    // Names may be links: what counts is where they lead.
    const real = await realpath(join(folder, name)).catch((error) => {
      throw new Error(`the model file ${quote(name)} cannot be read: ${reasonOf(error)}`)
    })
    if (dirname(real) !== (await realpath(folder))) {
      throw new Error(`the model file ${quote(name)} is a link that leads out of the folder of models`)
    }
    if (!(await stat(real)).isFile()) throw new Error(`the model file ${quote(name)} is no regular file`)
    return real
  }

  return {
    find,
    async list() {
      const names = await readdir(folder).catch(() => [])
      const found = await Promise.all(
        names
          .filter((name) => NAME.test(name))
          .sort()
          .map(async (name) => {
            const path = await find(name).catch(() => undefined)
            return path === undefined ? [] : [{ name, bytes: (await stat(path)).size }]
          }),
      )
      return found.flat()
    },
    async keep(name, bytes) {
      checkModelName(name)
      const inspection = await inspectModel(bytes)
      try {
        await mkdir(folder, { recursive: true })
        await writeWhole(join(folder, name), bytes)
      } catch (error) {
        throw new Error(`the model file ${quote(name)} cannot be written: ${reasonOf(error)}`)
      }
      return inspection
    },
  }
}

/** @throws RangeError when a name is none that a model file can have */
export function checkModelName(name: unknown): asserts name is string {
  if (typeof name === 'string' && NAME.test(name)) return
  throw new RangeError(
    `a model file's name must be 1 to 64 letters, digits, dots, dashes and underscores, not beginning with a dot, got ${quote(name)}`,
  )
}

/** A name for a model file that is as near to a text as it can be. */
export function modelName(text: string, ending: string): string {
  const name = text.slice(0, LONGEST - ending.length).replace(/[^A-Za-z0-9._-]/g, '_')
  return `${name.replace(/^\./, '_')}${ending}`
}

/** Without the path that the system's own message names. */
function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ENOENT' ? 'there is no such file' : (code ?? 'unknown reason')
}
