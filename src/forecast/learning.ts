import type { Model } from '../engine/model.ts'
import type { Follower, OpenFollower } from '../learn/follow/client.ts'
import type { SegmentModel } from '../learn/segment/types.ts'
import { createBudget } from './budget.ts'
import { createGruExpert, type GruExpert } from './experts/gru.ts'
import type { Pool } from './experts/pool.ts'
import { length } from './history.ts'
import { spreadUnit } from './spread.ts'
import type { StreamState } from './stream.ts'

/** The net that learns on beside the fitted one. */
export interface Learning {
  /** Null before it begins. */
  readonly expert: GruExpert | null
  /** Begins with these weights; what was learned before is forgotten. `season` is that of streams that no fit has seen. */
  begin(model: SegmentModel, version: number, season: number): void
  /** So many readings became grid steps; with `paused` they are only remembered. */
  stepped(count: number, paused: boolean): void
  /** Settles when no updates are under way. */
  rested(): Promise<void>
  close(): Promise<void>
}

export interface LearningOptions {
  readonly openFollower: OpenFollower
  readonly openPool: (gru: Model, lanes: number) => Pool
  readonly states: () => readonly StreamState[]
  readonly seed: number
  /** Milliseconds of the training thread for a reading; null: 1, but at most 5 % of a core. */
  readonly budget: number | null
  /** Whether time counts; if not, updates depend on readings alone. */
  readonly timed: boolean
}

/** Readings after which streams are sent: fewer than a history holds, so that none is missed. */
const SENT_AFTER = 2048
/** Threads that are lost in a row before it learns no more. */
const MOST_LOSSES = 3

/**
 * Opens what learns on in a thread of its own, which gets the streams' new values and gives back weights. The thread may
 * be lost: then another one begins with the newest weights and the histories that streams still have.
 */
export function openLearning(options: LearningOptions): Learning {
  const { openFollower, openPool, states, seed, timed } = options
  const budget = createBudget(options.budget, timed)
  let expert: GruExpert | null = null
  let follower: Follower | null = null
  let losses = 0
  let unsent = 0
  let numbers = 0
  /** Number of each stream that the follower knows, and grid steps of it. */
  let known = new WeakMap<StreamState, { readonly number: number; readonly steps: number }>()
  let asking: Promise<void> | null = null

  const end = async (): Promise<void> => {
    const last = follower
    follower = null
    known = new WeakMap()
    await last?.close()
  }

  const sendStream = (to: Follower, state: StreamState): void => {
    const { key, history, steps, sinceRestart, spread, gru } = state
    const { values, observed, end } = history
    const before = known.get(state)
    const missing = steps - (before?.steps ?? 0)
    if (missing === 0) return
    // Fewer steps than before are those of a stream that has been forgotten in the meantime.
    const most = Math.min(length(history), sinceRestart)
    const restarted = !before || missing < 0 || missing >= most
    const first = end - (restarted ? most : missing)
    const number = before?.number ?? ++numbers
    to.push({
      stream: number,
      key,
      values: values.subarray(first, end),
      observed: observed.subarray(first, end),
      restarted,
      unit: gru.unit || spreadUnit(spread),
      season: gru.season,
    })
    known.set(state, { number, steps })
  }

  const send = (to: Follower): void => {
    unsent = 0
    for (const state of states()) sendStream(to, state)
  }

  /** Null where threads were lost too often, or none can be started. */
  const opened = (model: SegmentModel): Follower | null => {
    if (losses >= MOST_LOSSES) return null
    try {
      follower ??= openFollower(model, (seed + losses) % 2 ** 32)
      return follower
    } catch {
      losses++
      return null
    }
  }

  const ask = async (from: GruExpert, asked: Follower, updates: number): Promise<void> => {
    budget.ask(updates)
    try {
      send(asked)
      const { model, updates: made, milliseconds } = await asked.learn(updates)
      if (asked !== follower || from !== expert) return
      losses = 0
      budget.spend(made, milliseconds)
      from.renew(model)
    } catch {
      if (asked !== follower) return
      losses++
      await end()
    }
  }

  return {
    get expert() {
      return expert
    },
    begin(model, version, season) {
      void expert?.close()
      void end()
      losses = 0
      expert = createGruExpert(model, version, {
        open: openPool,
        streams: states().length,
        growth: 1,
        season,
      })
    },
    stepped(count, paused) {
      unsent += count
      if (!paused) budget.earn(count)
      if (!expert) return
      const updates = paused || asking ? 0 : budget.due()
      if (updates === 0 && unsent < SENT_AFTER) return
      const to = opened(expert.model)
      if (!to) return
      if (updates === 0) {
        send(to)
        return
      }
      asking = ask(expert, to, updates).finally(() => {
        asking = null
      })
    },
    rested: () => asking ?? Promise.resolve(),
    async close() {
      const last = expert
      expert = null
      await end()
      await asking
      await last?.close()
    },
  }
}
