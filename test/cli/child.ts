import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

export const program: string = fileURLToPath(new URL('../../src/cli/gruflow.js', import.meta.url))

/** The command line program as a process of its own. */
export interface Gruflow {
  readonly child: ChildProcess
  /** The next line of output that matches. @throws with the output when it ends before */
  line(pattern: RegExp): Promise<string>
  /** Exit code and signal, when it and all that it started have closed their output. */
  readonly closed: Promise<unknown[]>
}

const running = new Set<ChildProcess>()
// Whatever hook or test failed: no process keeps the tests from ending, and none outlives them.
process.on('exit', killAll)

/** Starts a process that leads a group of its own, so that it can be killed with all that it starts. */
export function start(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  running.add(child)
  child.once('close', () => running.delete(child))
  child.unref()
  for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref()
  return child
}

export function gruflow(...args: string[]): Gruflow {
  const child = start(process.execPath, [program, ...args])
  const closed = once(child, 'close')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
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

/** Everything that the program says until it ends by itself. */
export async function finished(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const { child, closed } = gruflow(...args)
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), closed])
  return { code, out, err }
}

/** For `afterEach`: only a test that failed leaves something running. */
export function killAll(): void {
  for (const { pid } of running) {
    try {
      if (pid) process.kill(-pid, 'SIGKILL')
    } catch (error) {
      // It has ended just now.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}
