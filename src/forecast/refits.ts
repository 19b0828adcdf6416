import type { Trainer } from '../learn/client.ts'
import type { FitResult, SegmentModel } from '../learn/segment/types.ts'
import { type Agenda, createAgenda } from './agenda.ts'
import { length } from './history.ts'
import { chooseTeachers, enough, fitJob, type LessonPlan } from './lesson.ts'
import type { StreamState } from './stream.ts'
import type { Training } from './types.ts'

/** Fits to streams while they run: the first when one of them is long enough, others as they grow. */
export interface Refits {
  readonly agenda: Agenda
  /** Grid steps that a stream must have for the next fit. */
  readonly need: number
  /** Begins a fit if one is due, now that a stream has so many grid steps. */
  begin(steps: number): void
  /** The fit that is under way, if there is one, comes to nothing. */
  cancel(): void
  /** Settles when none is under way. */
  rested(): Promise<void>
  close(): Promise<void>
}

export interface RefitsOptions {
  readonly plan: LessonPlan & { readonly seed: number }
  readonly openTrainer: () => Trainer
  /** Whether the trainer rests between two fits. */
  readonly timed: boolean
  readonly states: () => readonly StreamState[]
  /** What fits go on from, and its version. */
  readonly running: () => { readonly model: SegmentModel | null; readonly version: number }
  readonly take: (teachers: readonly StreamState[], result: FitResult) => void
  readonly onChange: (training: Training) => void
}

/** The worker rests at least this many times as long as the last fit took. */
const REST = 2

export function createRefits(options: RefitsOptions): Refits {
  const { plan, openTrainer, timed, states, running, take, onChange } = options
  const need = (): number => enough(plan, running().model)
  const agenda = createAgenda(need())
  let trainer: Trainer | null = null
  let fitting = new AbortController()
  let underWay = false
  let rested: Promise<void> = Promise.resolve()

  const teach = async (teachers: readonly StreamState[], { signal }: AbortController): Promise<void> => {
    const { model, version } = running()
    try {
      trainer ??= openTrainer()
      const result = await trainer.fit(fitJob(plan, teachers, model, (plan.seed + version) % 2 ** 32), {
        signal,
        onProgress: ({ update, maxUpdates }) => {
          if (!signal.aborted) onChange({ state: 'fitting', share: update / maxUpdates })
        },
      })
      if (signal.aborted) return
      take(teachers, result)
      onChange({ state: 'fitted', fits: running().version })
    } catch (error) {
      if (signal.aborted) return
      onChange({ state: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
    }
  }

  const refit = async (): Promise<void> => {
    const least = need()
    const teachers = chooseTeachers(least, states())
    if (!teachers.some(({ history }) => length(history) >= least)) {
      // Streams that began anew have lost their history: wait until one has enough again.
      agenda.due = agenda.total + least / 2
      return
    }
    fitting = new AbortController()
    underWay = true
    const started = performance.now()
    onChange({ state: 'fitting', share: 0 })
    await teach(teachers, fitting)
    underWay = false
    if (timed) agenda.rest(REST * (performance.now() - started))
    agenda.postpone(teachers.length, need())
  }

  return {
    agenda,
    get need() {
      return need()
    },
    begin(steps) {
      if (!underWay && steps >= need() && agenda.isDue) rested = refit()
    },
    cancel: () => fitting.abort(),
    rested: () => rested,
    async close() {
      fitting.abort()
      await trainer?.close()
      trainer = null
    },
  }
}
