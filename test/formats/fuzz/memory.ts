import { openSync, readFileSync, writeSync } from 'node:fs'

/** Says how much memory something took. */
export interface MemoryMeter {
  begin(): void
  /** Bytes beyond those at `begin`: the most that was resident, or the buffers that were made, if that is more. */
  end(): number
}

/** Of this process. On Linux the kernel's own high-water mark, set back each time; elsewhere the mark of the whole run. */
export function createMemoryMeter(): MemoryMeter {
  const reset = process.platform === 'linux' ? openSync('/proc/self/clear_refs', 'w') : undefined
  let resident = 0
  let buffers = 0
  return {
    begin() {
      const { rss, arrayBuffers } = process.memoryUsage()
      buffers = arrayBuffers
      // 5: sets the mark back to what is resident now (proc_pid_clear_refs(5)).
      if (reset !== undefined) writeSync(reset, '5')
      resident = reset === undefined ? peak() : rss
    },
    end: () => Math.max(peak() - resident, process.memoryUsage().arrayBuffers - buffers),
  }

  function peak(): number {
    if (reset === undefined) return process.resourceUsage().maxRSS * 1024
    const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'latin1')) ?? []
    return Number(kilobytes) * 1024
  }
}
