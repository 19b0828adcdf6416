import { checkFinite } from '../check.ts'
import type { Model } from '../model.ts'
import { stateSize } from '../spec.ts'
import type { Batch, Part } from './plan.ts'
import type { Gpu } from './process.ts'
import type { Stage } from './protocol.ts'
import type { Results } from './standby.ts'

/** Building kernels can take seconds. */
const OPENING_MS = 10_000
/** Values of the states that one request writes or reads. */
const CHUNK = 2 ** 21

/**
 * A pool of states on the GPU. Each call waits for those before; all throw what `Gpu.ask` throws, of which each request
 * has the patience that is given.
 */
export interface Session {
  readonly gpu: Gpu
  readonly lanes: number
  run(batch: Batch, patienceMs?: number): Promise<Results>
  /** Puts states [lanes, stateSize] into lanes. */
  write(lanes: Int32Array, states: (lane: number) => Float32Array, patienceMs?: number): Promise<void>
  /** The states of lanes [lanes, stateSize]. */
  read(lanes: Int32Array, patienceMs?: number): Promise<Float32Array>
  grow(lanes: number, patienceMs?: number): Promise<void>
  close(): void
}

const NOTHING = new Float32Array(0)
let pools = 0

/** Opens a pool of zero states; the session takes over the share of the GPU, if it can be opened. */
export async function openSession(gpu: Gpu, { spec, weights }: Model, initial: number): Promise<Session> {
  const size = stateSize(spec)
  const pool = ++pools
  let lanes = initial
  await gpu.ask(
    'open',
    (write) => ({ pool, spec, weights: write(weights), lanes }),
    () => undefined,
    { deadlineMs: OPENING_MS },
  )

  function run(
    parts: readonly Part[],
    batch: Pick<Batch, 'inputs' | 'from' | 'to'>,
    patienceMs?: number,
  ): Promise<Results> {
    return gpu.ask(
      'run',
      (write, replyAt) => ({
        pool,
        inputs: write(batch.inputs),
        from: write(new Float32Array(batch.from)),
        to: write(new Float32Array(batch.to)),
        stages: parts.map((part): Stage => {
          if (part.kind === 'copy') return part
          if (part.kind === 'step') return { kind: 'step', first: part.first, rows: part.rows }
          const lanes = write(new Float32Array(part.lanes))
          return part.kind === 'read'
            ? { kind: 'read', lanes }
            : { ...part, lanes, states: write(part.states) }
        }),
        reply: replyAt(),
      }),
      ({ outputs, states }, numbers) => ({ outputs: numbers(outputs), states: numbers(states) }),
      { patienceMs },
    )
  }

  const none = { inputs: NOTHING, from: new Int32Array(0), to: new Int32Array(0) }
  const chunk = Math.max(1, Math.floor(CHUNK / size))
  /** All chunks share the patience. */
  async function inChunks(
    all: Int32Array,
    patienceMs: number | undefined,
    each: (lanes: Int32Array, at: number, patienceMs: number | undefined) => Promise<void>,
  ): Promise<void> {
    const begin = performance.now()
    for (let at = 0; at < all.length; at += chunk) {
      const left = patienceMs && Math.max(1, patienceMs - (performance.now() - begin))
      await each(all.subarray(at, at + chunk), at, left)
    }
  }

  return {
    gpu,
    get lanes() {
      return lanes
    },
    run: async (batch, patienceMs) =>
      batch.parts.length > 0 ? run(batch.parts, batch, patienceMs) : { outputs: NOTHING, states: NOTHING },
    write: (all, stateOf, patienceMs) =>
      inChunks(all, patienceMs, async (lanes, _at, patienceMs) => {
        const states = new Float32Array(lanes.length * size)
        lanes.forEach((lane, i) => {
          states.set(stateOf(lane), i * size)
        })
        await run([{ kind: 'write', lanes, states }], none, patienceMs)
      }),
    async read(all, patienceMs) {
      const states = new Float32Array(all.length * size)
      await inChunks(all, patienceMs, async (lanes, at, patienceMs) => {
        const { states: some } = await run([{ kind: 'read', lanes }], none, patienceMs)
        states.set(some, at * size)
      })
      checkFinite('states from the GPU', states)
      return states
    },
    async grow(more, patienceMs) {
      await gpu.ask(
        'grow',
        () => ({ pool, lanes: more }),
        () => undefined,
        { patienceMs },
      )
      lanes = more
    },
    close() {
      // A process that is gone has given back all it had.
      gpu
        .ask(
          'close',
          () => ({ pool }),
          () => undefined,
        )
        .catch(() => undefined)
      gpu.release()
    },
  }
}
