import { readdirSync, readFileSync } from 'node:fs'

/**
 * Resident bytes of this process and of the children that it has; of the children only where the system has /proc.
 * @returns { host, child }
 */
export function residentBytes() {
  const children = process.platform === 'linux' ? childrenOf(process.pid) : []
  return {
    host: process.memoryUsage.rss(),
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
