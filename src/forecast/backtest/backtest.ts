import { createTrainer, type Trainer } from '../../learn/client.ts'
import { netLayout } from '../../learn/segment/net.ts'
import { sharedSeason } from '../../learn/segment/season.ts'
import type { FitJob } from '../../learn/segment/types.ts'
import type { Table } from '../../table/types.ts'
import { meanSkill } from '../lesson.ts'
import { createBoard } from './board.ts'
import { type CheckedBacktest, checkBacktest } from './check.ts'
import { forecastFrozen, type Issued } from './frozen.ts'
import { type Beginning, forecastLive } from './live.ts'
import { createMeter } from './meter.ts'
import { createPace } from './pace.ts'
import { seriesOf, timed, timeoutOf } from './teach.ts'
import type { BacktestOptions, BacktestReport, OriginForecasts } from './types.ts'

/** Most epochs of the fit. */
const EPOCHS = 20

/**
 * Forecasts all columns of a table from every row whose whole horizon lies in the test rows, as if these rows were yet
 * to come, and scores the forecasts. Nothing after row t influences what is issued at t. For one seed the same
 * forecasts come again, unless `maxSeconds` ends a fit.
 * @param sink takes the forecasts of each origin, in order; the next ones wait for it
 * @throws RangeError naming an impossible option, row range or column; the signal's reason when aborted
 */
export async function backtest(
  table: Table,
  options: BacktestOptions,
  sink: (forecasts: OriginForecasts) => void | Promise<void>,
): Promise<BacktestReport> {
  const checked = checkBacktest(table, options)
  const { columns } = table
  const { horizon, mode, fit, test } = checked
  const { signal, onProgress } = options
  signal?.throwIfAborted()
  const trainer = timed(createTrainer({ threads: checked.threads }), signal)
  try {
    const fitted = mode === 'cold' ? null : await teach(trainer, table, checked, options)
    const season = fitted?.model.channels[0].season ?? checked.season ?? seasonOf(table, checked)
    const seen = { from: fit.from, to: test.to }
    const board = createBoard(columns, fit, seen, horizon, season, checked.coverage)
    const width = columns.length * horizon
    const out = {
      mean: new Float32Array(width),
      lower: new Float32Array(width),
      upper: new Float32Array(width),
    }
    const emit = (issued: Issued): void | Promise<void> => {
      board.add(issued)
      for (const part of ['mean', 'lower', 'upper'] as const) out[part].set(issued[part])
      return sink({ origin: issued.origin, ...out })
    }
    const meter = createMeter(
      onProgress && ((share, secondsLeft) => onProgress({ stage: 'forecasting', share, secondsLeft })),
    )
    const pace = createPace(signal)
    const ran =
      mode === 'frozen' && fitted
        ? await forecastFrozen(
            fitted.model,
            columns,
            { ...checked, from: fit.from, season, pace, meter },
            emit,
          )
        : await forecastLive(columns, { checked, beginning: fitted, trainer, signal, pace, meter }, emit)
    return {
      ...board.read(),
      model: mode === 'cold' ? null : ran.model,
      season,
      parameters: ran.model ? netLayout(ran.model.spec).size : 0,
      fitSeconds: trainer.seconds,
      fits: (fitted ? 1 : 0) + ran.refits,
      stepSeconds: ran.seconds,
      device: ran.device,
      deviceReason: ran.deviceReason,
    }
  } finally {
    await trainer.close()
  }
}

/** Fits a net on the fit rows; the validation rows judge. */
async function teach(
  trainer: Trainer,
  { columns }: Table,
  { fit, validate, horizon, segment, hiddenSize, season, scale, seed, maxSeconds }: CheckedBacktest,
  { onProgress }: BacktestOptions,
): Promise<Beginning> {
  const series = seriesOf(columns, { from: fit.from, to: validate.to }, fit.to)
  const job: FitJob = {
    horizon,
    segment,
    hiddenSize,
    season,
    scale,
    table: true,
    series,
    start: null,
    seed,
    schedule: { epochs: EPOCHS, updates: null, maxSeconds },
    checkpoint: null,
    checkpoints: false,
  }
  const { model, tailSkills } = await trainer.fit(job, {
    timeoutMs: timeoutOf(job),
    onProgress: ({ update, maxUpdates, secondsLeft }) =>
      onProgress?.({ stage: 'fitting', share: Math.min(1, update / maxUpdates), secondsLeft }),
  })
  return { model, skill: meanSkill(tailSkills) }
}

/** The season of the fit rows, for the scores, where no fit has found one. */
function seasonOf({ columns }: Table, { fit }: CheckedBacktest): number {
  return sharedSeason(seriesOf(columns, fit, null).map(({ values }) => values))
}
