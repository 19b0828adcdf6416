import type { FitProgress } from '../../learn/segment/types.ts'
import type { FitHistoryProgress, FitStage } from './types.ts'

/** A later stage after the one that reports: its epochs, and how many times longer than now each of them takes. */
export interface Later {
  readonly epochs: number
  readonly factor: number
}

/**
 * What a report of one stage means for the whole.
 * @param before epochs of the stages before
 * @param later null: there is none
 * @param mostSeconds that the later stage may take
 */
export function historyProgress(
  stage: FitStage,
  { epoch, epochs, update, maxUpdates, loss, validationLoss, secondsLeft }: FitProgress,
  before: number,
  later: Later | null,
  mostSeconds: number,
): FitHistoryProgress {
  const part = maxUpdates > 0 ? Math.min(1, update / maxUpdates) : 0
  const all = before + epochs + (later?.epochs ?? 0)
  const perEpoch = part < 1 ? secondsLeft / (epochs * (1 - part)) : 0
  const after = later ? Math.min(mostSeconds, perEpoch * later.factor * later.epochs) : 0
  return {
    stage,
    epoch,
    epochs,
    update,
    maxUpdates,
    loss,
    validationLoss,
    share: (before + part * epochs) / all,
    secondsLeft: secondsLeft + after,
  }
}
