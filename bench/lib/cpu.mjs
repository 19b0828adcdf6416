import { readFileSync } from 'node:fs'

/**
 * Microseconds of CPU that this process spends on one call of `step`, over `steps` calls, all of its threads
 * together. CPU time, because the cores may be shared.
 */
export async function cpuPerStep(step, steps) {
  const begun = process.cpuUsage()
  const first = step()
  if (first instanceof Promise) {
    await first
    for (let i = 1; i < steps; i++) await step()
  } else {
    for (let i = 1; i < steps; i++) step()
  }
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / steps
}

/** Microseconds of CPU of the main thread so far; where the system does not tell, those of all threads. */
export function mainThreadCpu() {
  const { user, system } = process.threadCpuUsage?.() ?? fromLinux() ?? process.cpuUsage()
  return user + system
}

/** For Node.js 20 and 22. */
function fromLinux() {
  if (process.platform !== 'linux') return undefined
  const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
  return { user: Number(nanoseconds) / 1000, system: 0 }
}
