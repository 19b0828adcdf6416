import { createRandom } from '../../engine/random.ts'
import { BATCH } from './chunk.ts'
import type { SplitSeries } from './data.ts'
import type { Evaluation } from './evaluate.ts'
import { initialiseNet } from './initialise.ts'
import { chooseSettings } from './settings.ts'
import { openTraining, type Training } from './training.ts'
import type { FitControl, FitJob, FitProgress, FitResult, ScaleKind, SegmentModel } from './types.ts'
import { carriedOver, sameShape, withOthers } from './warm.ts'

/** Epochs without improvement after which the fit ends. */
const PATIENCE = 5
/** Epochs after which one of two scales goes on. */
const RACE = 3
/** What is not better by more than this share is no better: chance makes as much. */
const CHANCE = 0.01
/** Updates of an epoch: two passes, in these bounds. */
const FEWEST = 200
const MOST = 400
/** Updates between two reports. */
const REPORT = 10

/**
 * Fits a segment net by the recipe of its measurements. An update takes 64 chunks of 4 segments, or fewer segments of
 * more chunks where histories are shorter, with dropout 0.1; an epoch has two passes over the training part, within 200
 * to 400 updates. Adam at 1e-3 for 5 epochs, then ×0.8 with each; the fit ends after 5 epochs without improvement,
 * counted once the rate falls, and returns the weights with the best mean squared error on what is held back.
 *
 * A start that meets the job is returned as it is where nothing is held back, and where a net of another shape does no
 * better on that: what runs is not replaced by what is worse or not judged.
 *
 * Same job, same machine: same weights, bit for bit. Synchronous and long: for the worker.
 * @throws RangeError when no series is long enough, or the checkpoint is of another fit; DOMException AbortError when
 * cancelled
 */
export function fitSegment(job: FitJob, { onProgress, cancelled }: FitControl = {}): FitResult {
  const started = performance.now()
  const { schedule, checkpoint, seed } = job
  const before = checkpoint?.seconds ?? 0
  const seconds = (): number => before + (performance.now() - started) / 1000
  const goOn = (): void => {
    if (cancelled?.()) throw new DOMException('the fit was cancelled', 'AbortError')
  }
  const { spec, series, channels } = chooseSettings(job, goOn)
  if (!series.some(({ trainEnd }) => trainEnd > 1)) {
    throw new RangeError(
      `no series is long enough to learn from: ${job.series.length} series, horizon ${spec.horizon}`,
    )
  }
  const origins = series.reduce((sum, { trainEnd }) => sum + trainEnd, 0)
  const updates = schedule.updates ?? Math.min(MOST, Math.max(FEWEST, Math.ceil((2 * origins) / BATCH)))
  const kinds: readonly ScaleKind[] = checkpoint
    ? [checkpoint.spec.scale]
    : job.scale === 'auto'
      ? ['fixed', 'running']
      : [job.scale]
  const open = (scale: ScaleKind): Training => {
    const kind = { ...spec, scale }
    const carried = carriedOver(job.start, kind, channels)
    return openTraining(kind, carried ?? initialiseNet(kind, createRandom(seed)), series, seed)
  }
  const racing = kinds.map(open)
  const start = startOf(job)
  if (start && Number.isNaN(racing[0].evaluation.naiveLoss)) {
    return {
      model: start,
      tailSkills: racing[0].evaluation.skills,
      validationLoss: Number.NaN,
      naiveLoss: Number.NaN,
      epochs: 0,
      updates: 0,
      seconds: seconds(),
    }
  }
  if (checkpoint) racing[0].restore(checkpoint)

  /** Updates done, of all that race, and those that are still to come at most. */
  const done = (): number => racing.reduce((sum, { update }) => sum + update, 0) - (checkpoint?.update ?? 0)
  const left = ({ update }: Training): number => {
    const races = racing.length > 1 ? RACE * updates * racing.length - done() : 0
    return Math.max(0, races) + schedule.epochs * updates - Math.max(update, races > 0 ? RACE * updates : 0)
  }
  const report = (training: Training, loss: number, extra: Partial<FitProgress> = {}): void => {
    const spent = seconds() - before
    const expected = done() > 0 ? (spent / done()) * left(training) : Number.POSITIVE_INFINITY
    onProgress?.({
      epoch: training.epoch,
      epochs: schedule.epochs,
      update: training.update,
      maxUpdates: schedule.epochs * updates,
      loss,
      validationLoss: training.evaluation.loss,
      secondsLeft: Math.max(0, Math.min(expected, schedule.maxSeconds - seconds())),
      ...extra,
    })
  }
  const over = (): boolean => seconds() >= schedule.maxSeconds
  const stop = (): boolean => {
    goOn()
    return over()
  }
  const going = ({ epoch, stale }: Training, epochs: number): boolean =>
    epoch < epochs && stale < PATIENCE && !over()
  const run = (training: Training): void =>
    training.run(updates, {
      stop,
      onUpdate: (update, loss) => {
        if (update % REPORT === 0) report(training, loss)
      },
    })

  if (racing.length > 1) {
    for (let round = 0; round < Math.min(RACE, schedule.epochs); round++) {
      for (const training of racing) if (!over()) run(training)
    }
  }
  const [first, second] = racing
  const winner =
    second && second.best.validationLoss < (1 - CHANCE) * first.best.validationLoss ? second : first
  const scale = kinds[racing.indexOf(winner)]
  const chosen = { ...spec, scale }
  while (going(winner, schedule.epochs)) {
    run(winner)
    report(
      winner,
      winner.loss,
      job.checkpoints ? { checkpoint: { spec: chosen, channels, seconds: seconds(), ...winner.save() } } : {},
    )
  }
  const { best } = winner
  const spent = { epochs: winner.epoch, updates: winner.update, seconds: seconds() }
  if (start && !sameShape(start.spec, chosen)) {
    const { loss, naiveLoss, skills } = judged(start, series, seed)
    const better = best.validationLoss < (1 - CHANCE) * loss
    if (!better) return { model: start, tailSkills: skills, validationLoss: loss, naiveLoss, ...spent }
  }
  return {
    model: withOthers({ spec: chosen, weights: best.weights, channels }, job.start),
    tailSkills: best.skills,
    validationLoss: best.validationLoss,
    naiveLoss: best.naiveLoss,
    ...spent,
  }
}

/** What a model does on what these series hold back. */
function judged(model: SegmentModel, series: readonly SplitSeries[], seed: number): Evaluation {
  const seasons = new Map(model.channels.map(({ key, season }) => [key, season]))
  const own = series.map((one) => ({ ...one, season: seasons.get(one.key) ?? one.season }))
  const spec = { ...model.spec, channels: own.length }
  return openTraining(spec, carriedOver(model, spec, own)!, own, seed).evaluation
}

/** The net that the fit goes on from, if it is of the shape that the job asks for, as far as it does. */
function startOf({ start, horizon, segment, hiddenSize, scale }: FitJob): SegmentModel | null {
  const meets =
    start?.spec.horizon === horizon &&
    start.spec.hiddenSize === hiddenSize &&
    (segment === null || start.spec.segment === segment) &&
    (scale === 'auto' || start.spec.scale === scale)
  return meets ? start : null
}
