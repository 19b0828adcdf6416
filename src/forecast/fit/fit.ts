import { createTrainer, type Trainer } from '../../learn/client.ts'
import { netLayout } from '../../learn/segment/net.ts'
import type { FitJob, FitResult, SegmentModel } from '../../learn/segment/types.ts'
import type { Column } from '../../table/types.ts'
import { createPace } from '../backtest/pace.ts'
import { seriesOf, timeoutOf } from '../backtest/teach.ts'
import { type Measured, measure } from './metrics.ts'
import { type CheckedFit, checkFit } from './options.ts'
import { historyProgress, type Later } from './progress.ts'
import { splitColumn } from './split.ts'
import type { FitOptions, FitStage, Fitted, MeasuredModel } from './types.ts'

/** Share of the epochs and of the seconds that finishing may take, where the model was measured first. */
const FINISHING_EPOCHS = 0.5
const FINISHING_SECONDS = 1 / 3
/** Rows that the second stage learns from, over those of the first. */
const GROWTH = 1.25

/**
 * Fits a model to histories in a worker thread. First it learns from the oldest 64 % of each column's rows, while the
 * next 16 % judge when to stop, and is measured on the newest 20 %, which it has not seen. Then it goes on from there
 * with the oldest 80 %, while the newest 20 % judge: that is the model.
 *
 * Columns too short for one forecast in their newest 20 % are not measured; if none is long enough, there is but the
 * second stage and no metrics. The worker threads are shared by all fits of the process; this thread never works for
 * long. For one seed the same model comes again, unless `maxSeconds` ends a stage.
 * @param columns histories, oldest first, one value a row, NaN where there is none; their names are the model's keys
 * @throws RangeError naming an impossible option or column, and the value; TypeError without columns; the signal's
 * reason; Error when the worker fails
 */
export async function fit(columns: readonly Column[], options: FitOptions = {}): Promise<Fitted> {
  const checked = checkFit(columns, options)
  const { horizon } = checked
  const { checkpoint, signal } = options
  signal?.throwIfAborted()
  const measured = columns.flatMap((column): Measured[] => {
    const split = splitColumn(column, horizon)
    return split ? [{ column, split }] : []
  })
  const trainer = createTrainer()
  const run: Run = { trainer, columns, measured, checked, options }
  try {
    let first = checkpoint?.measured ?? null
    if (!first && measured.length > 0) {
      const { model, epochs, seconds } = await teach(run, 'measuring', null)
      first = { model, metrics: await measure(model, measured, createPace(signal)), epochs, seconds }
      options.onCheckpoint?.({ stage: 'finishing', fit: null, measured: first })
    }
    const { model, epochs, seconds } = await teach(run, 'finishing', first)
    return {
      model,
      metrics: first?.metrics ?? null,
      parameters: netLayout(model.spec).size,
      epochs: epochs + (first?.epochs ?? 0),
      seconds: seconds + (first?.seconds ?? 0),
    }
  } finally {
    await trainer.close()
  }
}

/** One call of `fit`. */
interface Run {
  readonly trainer: Trainer
  readonly columns: readonly Column[]
  /** Columns that the first stage is about; without any there is none. */
  readonly measured: readonly Measured[]
  readonly checked: CheckedFit
  readonly options: FitOptions
}

async function teach(run: Run, stage: FitStage, first: MeasuredModel | null): Promise<FitResult> {
  const { checked, options } = run
  const measures = run.measured.length > 0
  const { checkpoint, onCheckpoint, onProgress } = options
  const job = jobOf(run, stage, first?.model ?? null)
  const last = epochsOf(checked, 'finishing', measures)
  const later: Later | null = stage === 'measuring' ? { epochs: last, factor: GROWTH } : null
  const before = stage === 'finishing' && measures ? checked.epochs : 0
  return run.trainer.fit(
    { ...job, checkpoint: checkpoint?.stage === stage ? checkpoint.fit : null },
    {
      signal: options.signal,
      timeoutMs: timeoutOf(job),
      onProgress(progress) {
        if (progress.checkpoint) onCheckpoint?.({ stage, fit: progress.checkpoint, measured: first })
        onProgress?.(
          historyProgress(stage, progress, before, later, secondsOf(checked, 'finishing', measures)),
        )
      },
    },
  )
}

function jobOf(
  { columns, measured, checked, options }: Run,
  stage: FitStage,
  first: SegmentModel | null,
): FitJob {
  const { horizon, hiddenSize, segment, season, scale, seed, table } = checked
  const measures = measured.length > 0
  const series =
    stage === 'measuring'
      ? measured.flatMap(({ column, split: { taught, judged } }) =>
          seriesOf([column], { from: 0, to: judged }, taught),
        )
      : columns.flatMap((column) =>
          seriesOf(
            [column],
            { from: 0, to: column.values.length },
            splitColumn(column, horizon)?.judged ?? null,
          ),
        )
  return {
    horizon,
    // What the first stage found still holds.
    segment: first?.spec.segment ?? segment,
    hiddenSize,
    season: first && table ? first.channels[0].season : season,
    scale: first?.spec.scale ?? scale,
    table,
    series,
    start: first ?? options.start ?? null,
    seed,
    schedule: {
      epochs: epochsOf(checked, stage, measures),
      updates: null,
      maxSeconds: secondsOf(checked, stage, measures),
    },
    checkpoint: null,
    checkpoints: options.onCheckpoint !== undefined,
  }
}

function epochsOf({ epochs }: CheckedFit, stage: FitStage, measures: boolean): number {
  return stage === 'finishing' && measures ? Math.ceil(FINISHING_EPOCHS * epochs) : epochs
}

function secondsOf({ maxSeconds }: CheckedFit, stage: FitStage, measures: boolean): number {
  if (!measures) return maxSeconds
  return maxSeconds * (stage === 'finishing' ? FINISHING_SECONDS : 1 - FINISHING_SECONDS)
}
