import type { Model } from '../model.ts'
import type { Stepper } from '../stepper.ts'
import { answer } from './answer.ts'
import { createJournal } from './journal.ts'
import { createLoad } from './load.ts'
import { copyOf, isWaiting, type Operation, type Queued } from './operation.ts'
import { createPatience } from './patience.ts'
import { type Batch, createPlanner } from './plan.ts'
import type { Session } from './session.ts'
import type { Shape } from './size.ts'
import { flopOf, limitsOf, shapeOf } from './size.ts'
import { lanesBegun, restoreAll, stepRest } from './standby.ts'
import type { DeviceStepper } from './types.ts'

/** Carries out what is pushed, in its order: on the standby, or in a session. */
export interface Runner {
  readonly session: Session | undefined
  readonly load: DeviceStepper['load']
  /** Number of the last operation that the standby's states have seen. */
  readonly known: number
  /** Carried out before this returns, where WASM has nothing else to do; what has to wait is copied. */
  push(operation: Queued): void
  /** Moves all states into a session, which is then the runner's to close, and goes on there. */
  enter(session: Session): Promise<void>
  /** Goes on without the session, once the standby has its states. */
  leave(): Promise<void>
  /** Does what was pushed, then closes the session. */
  close(): Promise<void>
}

export interface RunnerListener {
  /** Rows have come together, as `load` says. */
  came(): void
  /** The session is gone, nothing else is: all goes on in WASM. */
  lost(error: unknown): void
}

/** Work in WASM that others wait for; what is awaited in a loop would have them wait for ever. */
const SLICE_MS = 8

export function createRunner(model: Model, standby: Stepper, listener: RunnerListener): Runner {
  const { spec } = model
  const limits = limitsOf(spec)
  const journal = createJournal(flopOf(spec))
  const load = createLoad()
  const plan = createPlanner()
  const patience = createPatience()
  const queue: Queued[] = []
  const moves: (() => Promise<void>)[] = []
  let session: Session | undefined
  let known = 0
  /** Number of the last operation that has been carried out or is under way. */
  let begun = 0
  let busy = false
  let closed = false
  let scheduled = false
  /** When the first operation since the last turn came. */
  let began = 0
  /** Takes the runner's listener back from the session. */
  let deafen = (): void => {}
  /** Why the session is gone, until that has been dealt with. */
  let fallen: { readonly error: unknown } | undefined

  const shape = (): Shape => shapeOf(spec, standby.lanes)

  const isAtOnce = (): boolean =>
    !session && !busy && queue.length + moves.length === 0 && performance.now() - began < SLICE_MS

  /** For the next request. */
  function patienceMs(): number {
    // Where nobody waits, patience begins with the request.
    if (queue.length === 0) patience.renew()
    return patience.left
  }

  function enqueue(operation: Queued): void {
    if (queue.length === 0) patience.renew()
    queue.push(operation)
  }

  function schedule(): void {
    if (busy || scheduled) return
    scheduled = true
    setImmediate(turn)
  }

  function turn(): void {
    scheduled = false
    report()
    // What listens may have asked for a move, whose turn comes by itself; one drive at a time.
    if (busy || (moves.length === 0 && queue.length === 0 && !fallen)) return
    busy = true
    void drive()
  }

  async function drive(): Promise<void> {
    while (moves.length > 0 || fallen || queue.length > 0) {
      try {
        if (fallen) throw fallen.error
        const move = moves.shift()
        if (move) await move()
        else if (session) {
          await runThere(session)
          // What follows from the answers joins the next batch.
          await new Promise(setImmediate)
        } else for (const operation of queue.splice(0)) carryOutHere(operation)
      } catch (error) {
        fall(error)
      }
    }
    busy = false
  }

  /** The next batch of what is in the queue before anything that is not part of one. */
  function nextBatch(): Batch {
    const end = queue.findIndex(isWaiting)
    const batch = plan((end < 0 ? queue : queue.slice(0, end)) as Operation[], shape(), limits)
    if (batch.finished > 0) begun = queue[batch.finished - 1].number
    queue.splice(0, batch.finished)
    patience.renew()
    return batch
  }

  function report(): void {
    if (load.together()) listener.came()
  }

  /** In WASM, before this returns. */
  function carryOutHere(operation: Queued): void {
    begun = operation.number
    if (isWaiting(operation)) {
      if (operation.kind !== 'grow') operation.resolve()
    } else if (operation.kind === 'save') operation.resolve(standby.save(operation.lane))
    else if (operation.kind === 'restore') standby.restore(operation.lane, operation.state)
    else if (operation.kind === 'copy') standby.copy(operation.from, operation.to)
    else {
      const start = performance.now()
      const rows = stepRest(standby, operation, shape())
      load.took(rows, performance.now() - start)
    }
    known = begun
  }

  async function runThere(session: Session): Promise<void> {
    const head = queue[0]
    if (isWaiting(head)) {
      if (head.kind === 'settle') await fetch(session)
      else if (head.kind === 'grow' && head.lanes > session.lanes)
        await session.grow(head.lanes, patienceMs())
      queue.shift()
      begun = head.number
      if (head.kind !== 'grow') head.resolve()
      return
    }
    report()
    const start = performance.now()
    const most = patienceMs()
    const batch = nextBatch()
    journal.add(batch)
    const results = await session.run(batch, most)
    journal.answered()
    answer(batch, results, shape())
    load.took(batch.rows, performance.now() - start)
    if (journal.heavy) await fetch(session)
  }

  /** Gives the standby the states of the session. */
  async function fetch(session: Session): Promise<void> {
    const start = performance.now()
    const lanes = journal.changed(standby.lanes)
    const states = await session.read(lanes, patienceMs())
    await restoreAll(standby, lanes, states)
    journal.clear()
    known = begun
    // Part of what the batches have cost.
    load.took(0, performance.now() - start)
  }

  function fall(error: unknown): void {
    fallen = undefined
    drop()
    journal.replay(standby, shape())
    known = begun
    listener.lost(error)
  }

  function drop(): void {
    deafen()
    session?.close()
    session = undefined
  }

  /** Does something between two batches. */
  function move(action: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      moves.push(() => action().then(resolve, reject))
      schedule()
    })
  }

  return {
    get session() {
      return session
    },
    get load() {
      return load.now
    },
    get known() {
      return known
    },
    push(operation) {
      if (!scheduled) began = performance.now()
      schedule()
      const rows = operation.kind === 'step' || operation.kind === 'ahead' ? operation : undefined
      if (rows) load.asked(rows, standby.lanes)
      if (isAtOnce()) carryOutHere(operation)
      else enqueue(rows ? copyOf(rows) : operation)
    },
    enter: (next) =>
      move(async () => {
        if (closed) throw new Error('the stepper is closed')
        if (standby.lanes > next.lanes) await next.grow(standby.lanes, patienceMs())
        // The others are zero there already.
        await next.write(await lanesBegun(standby), standby.save, patienceMs())
        session = next
        deafen = next.gpu.onLost((error) => {
          fallen = { error }
          schedule()
        })
      }),
    leave: () =>
      move(async () => {
        if (!session) return
        try {
          await fetch(session)
          drop()
        } catch (error) {
          fall(error)
        }
      }),
    async close() {
      closed = true
      await new Promise<void>((resolve) => {
        enqueue({ kind: 'wait', number: begun, resolve })
        schedule()
      })
      drop()
    },
  }
}
