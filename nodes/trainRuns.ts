import type { FitHistoryProgress, FitOptions, Fitted } from '../src/forecast/fit/types.ts'
import type { Column } from '../src/table/types.ts'
import { createInOrder } from './inOrder.ts'
import type { History } from './trainHistory.ts'
import type { ReadHistory } from './trainInput.ts'

/** Histories that wait for the fit under way. */
const MAX_WAITING = 4

/** Learns from a history; see `src/forecast/fit`. */
export type Fit = (columns: readonly Column[], options: FitOptions) => Promise<Fitted>

/** A history to fit. */
export interface TrainJob {
  readonly read: ReadHistory
  /** Settles when the message is answered. */
  readonly fitted: (fitted: Fitted, history: History) => Promise<void>
  /** Hears of what has ended the job instead. */
  readonly failed: (error: Error) => void
}

/** What is under way. */
export interface TrainState {
  /** `reading`: the history; `idle`: nothing. */
  readonly state: 'idle' | 'reading' | 'fitting'
  /** Histories that wait. */
  readonly waiting: number
  /** Of the fit under way; null before it has told anything. */
  readonly progress: FitHistoryProgress | null
}

/** Fits histories one after the other. */
export interface TrainRuns {
  readonly now: TrainState
  /** @throws Error when too many wait already */
  push(job: TrainJob): void
  /** Ends the fit under way and all that wait for this reason; how many they were. */
  stop(reason: Error): number
  /** Settles when nothing is under way any more. */
  idle(): Promise<void>
}

/**
 * @param options of every fit, asked for when it begins
 * @param onChange hears of each change of `now`
 */
export function createTrainRuns(learn: Fit, options: () => FitOptions, onChange: () => void): TrainRuns {
  interface Run extends TrainJob {
    readonly ending: AbortController
  }
  const runs = new Set<Run>()
  let state: TrainState['state'] = 'idle'
  let progress: FitHistoryProgress | null = null
  const order = createInOrder<Run>(carryOut, {
    jobs: MAX_WAITING,
    bytes: Number.POSITIVE_INFINITY,
    bytesOf: () => 0,
  })

  const change = (next: TrainState['state'], told: FitHistoryProgress | null = null): void => {
    state = next
    progress = told
    onChange()
  }

  async function carryOut(run: Run): Promise<void> {
    const { signal } = run.ending
    try {
      signal.throwIfAborted()
      change('reading')
      const history = await run.read(signal)
      signal.throwIfAborted()
      change('fitting')
      const onProgress = (told: FitHistoryProgress): void => {
        if (!signal.aborted) change('fitting', told)
      }
      await run.fitted(await learn(history.columns, { ...options(), signal, onProgress }), history)
    } catch (error) {
      run.failed(error as Error)
    } finally {
      runs.delete(run)
      change('idle')
    }
  }

  return {
    get now() {
      return { state, waiting: Math.max(0, runs.size - 1), progress }
    },
    push(job) {
      const run = { ...job, ending: new AbortController() }
      runs.add(run)
      if (!order.push(run)) return
      runs.delete(run)
      throw new Error(`${MAX_WAITING} histories wait for the fit under way already, this one is refused`)
    },
    stop(reason) {
      const stopped = [...runs]
      for (const { ending } of stopped) ending.abort(reason)
      return stopped.length
    },
    idle: () => order.idle(),
  }
}
