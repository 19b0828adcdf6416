import { type ChildProcess, fork } from 'node:child_process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { quote } from '../../quote.ts'
import { NoGpuError } from './no-gpu.ts'
import { createNumbers, type Numbers } from './numbers.ts'
import type { Answers, Reply, Request, Span } from './protocol.ts'

/** The GPU, its driver or the process that owns it is gone, and with it all that it held. */
export class GpuLostError extends Error {
  override name = 'GpuLostError'
}

/** A request without what the connection adds. */
export type Body<T extends keyof Answers> = Omit<Extract<Request, { readonly type: T }>, 'id' | 'type'>

/**
 * Makes a request when its turn has come. `write` puts numbers into the shared file, one after another; `replyAt` is
 * the first place after them.
 */
export type Prepare<T extends keyof Answers> = (
  write: (values: Float32Array) => Span,
  replyAt: () => number,
) => Body<T>

/** Takes what is wanted out of an answer; the shared file holds it only until this returns. */
export type Read<T extends keyof Answers, R> = (
  answer: Answers[T],
  numbers: (span: Span) => Float32Array,
) => R

export interface AskOptions {
  /** Milliseconds from the request's turn after which the process counts as hung and is killed. @default 3000 */
  readonly deadlineMs?: number
  /**
   * Milliseconds after which nobody waits for the answer any more, wherever the request stands: others' may be before
   * it. The process goes on. @default as long as it takes
   */
  readonly patienceMs?: number
}

/** A child process and its requests, of which one is under way at a time. */
export interface Connection {
  /** Of the child; undefined if it could not be started. */
  readonly pid: number | undefined
  /**
   * @throws GpuLostError when the child is gone or goes; NoGpuError when it has found no GPU; Error when it cannot do
   * what is asked, or not within the patience
   */
  ask<T extends keyof Answers, R>(
    type: T,
    prepare: Prepare<T>,
    read: Read<T, R>,
    options?: AskOptions,
  ): Promise<R>
  /** The listener is called once; at once when the child is gone already. @returns takes the listener back */
  onLost(listener: (error: GpuLostError) => void): () => void
  /** Lets the child end by itself, or ends it. */
  end(): void
}

interface Task {
  send(id: number): Request
  done(answer: Answers[keyof Answers]): void
  reject(error: unknown): void
  readonly deadlineMs: number
}

const DEADLINE_MS = 3000
/** Turns of the event loop after a deadline. */
const GRACE_TURNS = 3
/** Time to give everything back in. */
const END_MS = 5000
/** Of what the child says at its end, in characters. */
const LAST_WORDS = 2048

function start(url: URL, numbers: Numbers): ChildProcess {
  try {
    return fork(url, {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', numbers.fd, 'ipc'],
    })
  } catch (error) {
    numbers.close()
    throw error
  }
}

/** Starts a child. It keeps this process alive only while it is asked something. */
export function connect(url: URL): Connection {
  const numbers = createNumbers()
  const child = start(url, numbers)
  const waiting: Task[] = []
  const listeners = new Set<(error: GpuLostError) => void>()
  let running: Task | undefined
  let timer: NodeJS.Timeout | undefined
  let lost: GpuLostError | undefined
  let lastWords = ''
  let ids = 0

  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-LAST_WORDS)
  })
  // A pipe is a socket, which need not keep this process alive either.
  if (child.stderr && 'unref' in child.stderr) (child.stderr as unknown as { unref(): void }).unref()
  child.unref()
  child.channel?.unref()
  child.on('error', (error) => lose(`the GPU process failed: ${error.message}`))
  child.on('message', (reply) => receive(reply as Reply))
  child.on('disconnect', () => {
    // Its end, if it has ended, tells more.
    setTimeout(() => lose('the GPU process has closed its connection'), END_MS).unref()
  })
  child.on('exit', (code, signal) => {
    const how = signal ? `was ended by ${signal}` : `ended with code ${code}`
    const line = lastWords.trim().split('\n').at(-1)
    lose(`the GPU process ${how}${line ? `, its last words ${quote(line)}` : ''}`)
  })
  // After its end, or after an error if it could not be started.
  child.on('close', () => numbers.close())

  function lose(reason: string): void {
    if (lost) return
    lost = new GpuLostError(reason)
    child.kill('SIGKILL')
    finish((task) => task.reject(lost))
    for (const task of waiting.splice(0)) task.reject(lost)
    for (const listener of listeners) listener(lost)
    listeners.clear()
  }

  function receive(reply: Reply): void {
    if (reply.type === 'lost') lose(`the GPU's device has gone: ${reply.message}`)
    else if (running && reply.id === ids) {
      finish((task) => {
        if (reply.type === 'failed') {
          task.reject(reply.lasting ? new NoGpuError(reply.message) : new Error(reply.message))
        } else task.done(reply.answer)
      })
    }
  }

  /** Settles what is under way and goes on with the next. */
  function finish(settle: (task: Task) => void): void {
    clearTimeout(timer)
    child.channel?.unref()
    const task = running
    running = undefined
    if (task) settle(task)
    next()
  }

  function next(): void {
    while (!running && !lost) {
      const task = waiting.shift()
      if (!task) return
      try {
        const request = task.send(++ids)
        running = task
        child.channel?.ref()
        timer = setTimeout(() => void expire(task), task.deadlineMs)
        // One that could not be started will say so itself.
        if (child.pid === undefined) return
        child.send(request, (error) => {
          // Its end, if it has ended, tells more.
          if (error) void grace().then(() => lose(`the GPU process cannot be reached: ${error.message}`))
        })
      } catch (error) {
        clearTimeout(timer)
        child.channel?.unref()
        running = undefined
        task.reject(error)
      }
    }
  }

  async function expire(task: Task): Promise<void> {
    await grace()
    if (running === task) lose(`the GPU did not answer within ${seconds(task.deadlineMs)}`)
  }

  /** Nobody waits for it any more; what is under way is the child's to end. */
  async function giveUp(task: Task, patienceMs: number): Promise<void> {
    await grace()
    const at = waiting.indexOf(task)
    if (at >= 0) waiting.splice(at, 1)
    task.reject(new Error(`the GPU was busy for ${seconds(patienceMs)}`))
  }

  return {
    pid: child.pid,
    ask: (type, prepare, read, { deadlineMs = DEADLINE_MS, patienceMs } = {}) =>
      new Promise((resolve, reject) => {
        if (lost) return reject(lost)
        let patience: NodeJS.Timeout | undefined
        const task: Task = {
          send(id) {
            let end = 0
            const write = (values: Float32Array): Span => {
              const span = numbers.write(end, values)
              end += span.length
              return span
            }
            return { id, type, ...prepare(write, () => end) } as Request
          },
          done(answer) {
            clearTimeout(patience)
            try {
              resolve(read(answer as Answers[typeof type], numbers.read))
            } catch (error) {
              reject(error)
            }
          },
          reject(error) {
            clearTimeout(patience)
            reject(error)
          },
          deadlineMs,
        }
        if (patienceMs !== undefined) patience = setTimeout(() => void giveUp(task, patienceMs), patienceMs)
        waiting.push(task)
        next()
      }),
    onLost(listener) {
      if (lost) listener(lost)
      else listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end() {
      if (lost) return
      if (child.connected) child.disconnect()
      setTimeout(() => lose('the GPU process was given back'), END_MS).unref()
    },
  }
}

/** If this process was busy for long, an answer may be there, and only has to be read. */
async function grace(): Promise<void> {
  for (let turn = 0; turn < GRACE_TURNS; turn++) await nextTurn()
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 100) / 10} s`
