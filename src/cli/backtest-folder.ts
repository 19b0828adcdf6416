import { randomUUID } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { OriginForecasts } from '../forecast/backtest/types.ts'
import { writeWhole } from '../store/replace.ts'
import { createNpyFile, type NpyFile } from './npy.ts'

/** What `kind` in meta.json says of a folder of ours. */
export const BACKTEST_KIND = 'gruflow backtest'

const META = 'meta.json'
const CHART = 'forecasts.svg'
const ARRAYS = ['mean.npy', 'lower.npy', 'upper.npy', 'origins.npy'] as const
const NAMES: readonly string[] = [...ARRAYS, META, CHART]
/** Bytes of a meta.json that are looked at. */
const MAX_META = 64 * 2 ** 20

/** Forecasts on their way to a folder. */
export interface BacktestFolder {
  /** Takes the forecasts of one origin. */
  append(forecasts: OriginForecasts): void
  /** Gives all files their names, meta.json last: a folder that has it is whole. */
  finish(meta: unknown, chart: string | undefined): Promise<void>
  /** Closes and removes what is not finished; the folder too, if it is new and empty. Idempotent. */
  discard(): Promise<void>
}

/**
 * Says early what would fail late.
 * @throws Error naming the path, when it is no folder, or has files that are not of an earlier backtest
 */
export async function checkFolder(path: string, force: boolean): Promise<void> {
  const there = await stat(path).catch(ifMissing(path))
  if (!there) {
    if (await lstat(path).catch(ifMissing(path))) throw new Error(`'${path}' is a link that leads to nothing`)
    return
  }
  if (!there.isDirectory()) throw new Error(`'${path}' is no folder`)
  const taken = (await readdir(path)).find((name) => NAMES.includes(name))
  if (taken !== undefined && !force && !(await isOurs(join(path, META)))) {
    throw new Error(`there is a file '${join(path, taken)}' of no earlier backtest; --force replaces it`)
  }
}

/**
 * Makes the folder, and files in it under other names, so that what is broken off leaves none that looks whole.
 *
 * @param shape origins, columns, horizon
 * @throws Error naming the folder when it cannot be written to, as do the methods
 */
export async function openFolder(
  path: string,
  shape: readonly [origins: number, columns: number, horizon: number],
): Promise<BacktestFolder> {
  const fail = (error: NodeJS.ErrnoException): never => {
    throw error.code ? new Error(`'${path}' cannot be written to: ${error.code}`) : error
  }
  const made = await mkdir(path, { recursive: true }).catch(fail)
  const temporary = ARRAYS.map((name) => join(path, `.${name}.${randomUUID()}.tmp`))
  const files: NpyFile[] = []
  const discard = async (): Promise<void> => {
    for (const file of files) file.close()
    for (const file of temporary) await rm(file, { force: true })
    // Only what was made here, and only while nobody has put anything there.
    if (made !== undefined) await rmdir(path).catch(() => {})
  }
  try {
    for (const [i, file] of temporary.entries()) {
      files.push(i < 3 ? createNpyFile(file, '<f4', shape) : createNpyFile(file, '<i4', [shape[0]]))
    }
  } catch (error) {
    await discard()
    return fail(error as Error)
  }
  const append = ({ origin, mean, lower, upper }: OriginForecasts): void => {
    for (const [i, values] of [mean, lower, upper, Int32Array.of(origin)].entries()) files[i].append(values)
  }
  const finish = async (meta: unknown, chart: string | undefined): Promise<void> => {
    for (const file of files) {
      file.finish()
      file.close()
    }
    // From here on the folder is not what an earlier meta.json says.
    await rm(join(path, META), { force: true })
    for (const [i, file] of temporary.entries()) await rename(file, join(path, ARRAYS[i]))
    if (chart === undefined) await rm(join(path, CHART), { force: true })
    else await writeWhole(join(path, CHART), Buffer.from(chart))
    await writeWhole(join(path, META), Buffer.from(`${JSON.stringify(meta, null, 2)}\n`))
  }
  return {
    append(forecasts) {
      try {
        append(forecasts)
      } catch (error) {
        fail(error as Error)
      }
    },
    finish: (meta, chart) => finish(meta, chart).catch(fail),
    discard,
  }
}

/** Whether a meta.json is of an earlier backtest. */
async function isOurs(path: string): Promise<boolean> {
  try {
    if ((await stat(path)).size > MAX_META) return false
    return JSON.parse(await readFile(path, 'utf8'))?.kind === BACKTEST_KIND
  } catch {
    // Whatever it is, it is not ours.
    return false
  }
}

const ifMissing =
  (path: string) =>
  (error: NodeJS.ErrnoException): undefined => {
    if (error.code !== 'ENOENT') throw new Error(`'${path}' cannot be written to: ${error.code}`)
  }
