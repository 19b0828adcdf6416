import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createNumbers, type Numbers } from '../../../src/engine/gpu/numbers.ts'
import type { Answers, Reply, Request, Span, Stage } from '../../../src/engine/gpu/protocol.ts'
import type { Model } from '../../../src/engine/model.ts'

const OWN = new URL('../../../src/engine/gpu/child/main.js', import.meta.url)

type Body<T extends Request['type']> = Omit<Extract<Request, { type: T }>, 'id' | 'type'>

/** A child process with the GPU, spoken to in its own protocol. */
export interface RawChild {
  readonly process: ChildProcess
  readonly numbers: Numbers
  /** Everything it said without being asked. */
  readonly said: unknown[]
  /** Puts numbers into the shared file, one array behind the other; `free` is where the next goes. */
  put(values: ArrayLike<number>): Span
  readonly free: number
  /** Sends anything as a request. */
  send(message: object): Promise<Reply>
  /** @throws Error with the child's message when it cannot */
  ask<T extends Request['type']>(type: T, body: Body<T>): Promise<Answers[T]>
  open(pool: number, model: Model, lanes: number): Promise<object>
  run(pool: number, batch: RawBatch): Promise<{ outputs: Float32Array; states: Float32Array }>
  /** Disconnects; the exit code, once it has ended. */
  end(): Promise<number | null>
}

export interface RawBatch {
  readonly stages: readonly RawStage[]
  readonly inputs?: ArrayLike<number>
  readonly from?: ArrayLike<number>
  readonly to?: ArrayLike<number>
}

/** A stage whose numbers are not in the shared file yet. */
export type RawStage =
  | Extract<Stage, { kind: 'copy' | 'step' }>
  | { readonly kind: 'write'; readonly lanes: readonly number[]; readonly states: ArrayLike<number> }
  | { readonly kind: 'read'; readonly lanes: readonly number[] }

export function startChild(env: NodeJS.ProcessEnv = process.env, module: URL = OWN): RawChild {
  const numbers = createNumbers()
  const child = fork(module, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', numbers.fd, 'ipc'],
    execArgv: [],
    env,
  })
  const waiting = new Map<number, { resolve: (reply: Reply) => void; reject: (error: Error) => void }>()
  const said: unknown[] = []
  let ids = 0
  let free = 0
  let ended: Promise<number | null> | undefined
  child.on('message', (reply: Reply) => {
    if (!('id' in reply) || !waiting.has(reply.id)) {
      said.push(reply)
      return
    }
    waiting.get(reply.id)!.resolve(reply)
    waiting.delete(reply.id)
  })
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`the child ended: ${code ?? signal}`))
  })

  const put = (values: ArrayLike<number>): Span => {
    const span = numbers.write(free, Float32Array.from(values))
    free += values.length
    return span
  }
  const send = (message: object): Promise<Reply> => {
    const id = ids++
    const answered = new Promise<Reply>((resolve, reject) => waiting.set(id, { resolve, reject }))
    child.send({ id, ...message })
    return answered
  }
  const ask = async <T extends Request['type']>(type: T, body: Body<T>): Promise<Answers[T]> => {
    const reply = await send({ type, ...body })
    if (reply.type === 'done') return reply.answer as Answers[T]
    throw new Error(reply.message)
  }
  const end = async (): Promise<number | null> => {
    const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
    if (child.connected) child.disconnect()
    await exit
    numbers.close()
    return child.exitCode
  }
  return {
    process: child,
    numbers,
    said,
    put,
    get free() {
      return free
    },
    send,
    ask,
    open(pool, { spec, weights }, lanes) {
      free = 0
      return ask('open', { pool, spec, weights: put(weights), lanes })
    },
    async run(pool, { stages, inputs = [], from = [], to = [] }) {
      free = 0
      const placed = stages.map((stage): Stage => {
        if (stage.kind === 'write') return { ...stage, lanes: put(stage.lanes), states: put(stage.states) }
        return stage.kind === 'read' ? { ...stage, lanes: put(stage.lanes) } : stage
      })
      const rows = { inputs: put(inputs), from: put(from), to: put(to) }
      const answer = await ask('run', { pool, stages: placed, ...rows, reply: free })
      return { outputs: numbers.read(answer.outputs), states: numbers.read(answer.states) }
    },
    end() {
      ended ??= end()
      return ended
    },
  }
}
