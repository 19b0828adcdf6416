import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc')

/** The memory of an array is given back some time after the array. */
const COLLECTIONS = 4

/**
 * Bytes that this process holds, garbage collected, and those that are resident of it and of its children; of the
 * children only where the system has /proc.
 * @returns { held, host, child }
 */
export async function memoryInUse() {
  for (let i = 0; i < COLLECTIONS; i++) {
    collectGarbage()
    await turn()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  const children = process.platform === 'linux' ? childrenOf(process.pid) : []
  return {
    held: heapUsed + external,
    host: rss,
    child: children.length > 0 ? children.reduce((sum, pid) => sum + residentOf(pid), 0) : undefined,
  }
}

function childrenOf(parent) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => field(pid, 'PPid') === String(parent))
}

/** 0 when it has just ended. */
const residentOf = (pid) => 1024 * Number(field(pid, 'VmRSS')?.split(' ')[0] ?? 0)

function field(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(.*)$`, 'm'))?.[1]
  } catch (error) {
    // It has ended since the folder was listed.
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined
    throw error
  }
}
