import { constants } from 'node:os'
import { UsageError } from './command.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs what can be broken off: SIGINT, SIGTERM and SIGHUP abort it, and it ends in order.
 *
 * @returns its exit code; 128 + the number of the signal when it was aborted, e.g. 130 for Ctrl-C
 */
export async function interruptible(run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController()
  let code: number | undefined
  const listeners = SIGNALS.map((name) => {
    const stop = (): void => {
      code ??= 128 + constants.signals[name]
      controller.abort(new Error(`interrupted by ${name}`))
    }
    // For good: terminals and npm may send the same signal twice, and the second must not cut the end short.
    process.on(name, stop)
    return [name, stop] as const
  })
  try {
    return await run(controller.signal)
  } catch (error) {
    if (code === undefined || error instanceof UsageError) throw error
    console.error('gruflow: interrupted')
    return code
  } finally {
    for (const [name, stop] of listeners) process.off(name, stop)
  }
}
