import type { ExpertName, ExpertShare } from './types.ts'

const NAMES: Readonly<Record<ExpertName, string>> = {
  naive: 'the last value',
  'seasonal-naive': 'the value of one season ago',
  smoothing: 'exponential smoothing',
  ridge: 'ridge regression',
  'seasonal-ridge': 'seasonal ridge regression',
  gru: 'the GRU',
  'learning-gru': 'the GRU that learns on',
}

/** Why a forecast is what it is, in one sentence. */
export function reasonOf([first]: readonly ExpertShare[], fitted: boolean): string {
  const share = `${NAMES[first.name]} has the largest share, ${(100 * first.share).toFixed(0)} %`
  return fitted ? share : `${share}; the GRU has not been fitted yet`
}
