import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A process that answers each line of JSON with one of its own. */
export function openChild(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  return {
    async ask(task, details = {}) {
      child.stdin.write(`${JSON.stringify({ task, ...details })}\n`)
      for (;;) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`${command} ${args.join(' ')} ended before it answered ${task}`)
        // Some libraries greet on stdout.
        if (value.startsWith(ANSWER)) return JSON.parse(value.slice(ANSWER.length))
      }
    },
    close: () => child.stdin.end(),
  }
}

/** What a line begins with that is an answer. */
export const ANSWER = 'answer '
