import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../src/cli/gruflow.js', import.meta.url))

/** The command line program as a process of its own. */
export interface Gruflow {
  readonly child: ChildProcess
  /** The next line of output that matches. @throws with the output when it ends before */
  line(pattern: RegExp): Promise<string>
  /** Exit code and signal. */
  readonly closed: Promise<unknown[]>
}

const running = new Set<ChildProcess>()

export function gruflow(...args: string[]): Gruflow {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const closed = once(child, 'close').finally(() => running.delete(child))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const line = async (pattern: RegExp): Promise<string> => {
    const seen: string[] = []
    for (;;) {
      const { value, done } = await lines.next()
      if (done) throw new Error(`no line like ${pattern} in:\n${seen.join('\n')}`)
      if (pattern.test(value)) return value
      seen.push(value)
    }
  }
  return { child, line, closed }
}

/** For `afterEach`: only a test that failed leaves something running. */
export function killAll(): void {
  for (const child of running) child.kill('SIGKILL')
}
