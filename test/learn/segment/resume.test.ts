import assert from 'node:assert/strict'
import { fitSegment } from '../../../src/learn/segment/fit.ts'
import type { FitCheckpoint, FitJob, FitResult } from '../../../src/learn/segment/types.ts'
import { job } from '../jobs.ts'
import { wave } from './series.ts'

const series = [wave(200, 12, 0.5, 1), wave(90, 12, 0.5, 2)]
const JOB: FitJob = job(5, {
  horizon: 6,
  segment: 4,
  hiddenSize: 14,
  season: 12,
  series,
  checkpoints: true,
  schedule: { epochs: 9, updates: 12, maxSeconds: 60 },
})

function run(more: Partial<FitJob> = {}): { result: FitResult; checkpoints: FitCheckpoint[] } {
  const checkpoints: FitCheckpoint[] = []
  const result = fitSegment(
    { ...JOB, ...more },
    { onProgress: ({ checkpoint }) => checkpoint && checkpoints.push(checkpoint) },
  )
  return { result, checkpoints }
}

describe('a fit that goes on from a checkpoint', () => {
  for (const [name, more] of Object.entries({
    'one scale': {},
    'the winner of a race': { scale: 'auto' as const },
    'a model to begin with': {
      start: fitSegment({ ...JOB, schedule: { ...JOB.schedule, epochs: 2 } }).model,
    },
    'nothing that judges': { series: series.map((one) => ({ ...one, trainEnd: one.values.length })) },
  })) {
    it(`ends as if never stopped, bit for bit, from each of them: ${name}`, () => {
      const { result, checkpoints } = run(more)
      const { seconds: _, ...expected } = result
      // While two scales race there is none.
      const first = 'scale' in more ? 4 : 1
      assert.deepEqual(
        checkpoints.map(({ epoch }) => epoch),
        Array.from({ length: 10 - first }, (_, i) => first + i),
      )
      for (const checkpoint of checkpoints) {
        const again = run({ ...more, checkpoint: structuredClone(checkpoint) })
        const { seconds, ...found } = again.result
        assert.deepEqual(found, expected, `from epoch ${checkpoint.epoch}`)
        assert.ok(seconds >= checkpoint.seconds)
        assert.equal(again.checkpoints.length, 9 - checkpoint.epoch)
      }
    })
  }

  it('has the time that was spent behind it', () => {
    const [checkpoint] = run().checkpoints
    const { result } = run({ checkpoint: { ...checkpoint, seconds: 60 } })
    assert.deepEqual([result.epochs, result.updates], [1, 12])
    assert.ok(result.seconds >= 60)
    assert.deepEqual(result.model.weights, checkpoint.best.weights)
  })

  it('is not changed by the fit that goes on', () => {
    const checkpoints: FitCheckpoint[] = []
    const kept: FitCheckpoint[] = []
    fitSegment(JOB, {
      onProgress: ({ checkpoint }) => {
        if (!checkpoint) return
        checkpoints.push(checkpoint)
        kept.push(structuredClone(checkpoint))
      },
    })
    assert.deepEqual(checkpoints, kept)
    run({ checkpoint: checkpoints[2] })
    assert.deepEqual(checkpoints, kept)
  })

  it('refuses one of another net', () => {
    const [checkpoint] = run().checkpoints
    for (const [change, message] of [
      [{ horizon: 8 }, 'the checkpoint is of another net: its horizon is 6, not 8'],
      [{ segment: 5 }, 'the checkpoint is of another net: its segment is 4, not 5'],
      [{ hiddenSize: 8 }, 'the checkpoint is of another net: its hiddenSize is 14, not 8'],
      [{ series: [series[0]] }, 'the checkpoint is of another net: its channels is 2, not 1'],
      [
        { scale: 'running' as const },
        'the checkpoint is of another net: its scale is "fixed", not "running"',
      ],
    ] as const) {
      assert.throws(() => run({ ...change, checkpoint }), { name: 'RangeError', message })
    }
  })

  it('refuses one that does not fit, by name', () => {
    const [checkpoint] = run().checkpoints
    const { places, best } = checkpoint
    const outside = (at: number, value: number) => ({ places: places.map((v, i) => (i === at ? value : v)) })
    for (const [change, message] of [
      [{ weights: new Float32Array(3) }, /^the checkpoint must have \d+ weights, got 3$/],
      [{ mean: new Float32Array(0) }, /\d+ mean gradients, got 0$/],
      [{ square: checkpoint.square.subarray(1) }, /\d+ squared gradients, got \d+$/],
      [{ places: new Int32Array(2) }, /^the checkpoint must have 2048 places, got 2$/],
      [{ states: undefined }, /^the checkpoint must have 16384 states, got none$/],
      [{ best: { ...best, weights: new Float32Array(9) } }, /\d+ best weights, got 9$/],
      [{ best: { ...best, skills: new Float64Array(3) } }, /^the checkpoint must have 2 skills, got 3$/],
      [outside(4, 2), /^the checkpoint's places are not in these series: 2$/],
      [outside(4, -1), /: -1$/],
      [outside(5, -7), /: -7$/],
    ] as const) {
      const broken = { ...checkpoint, ...change } as FitCheckpoint
      assert.throws(() => run({ checkpoint: broken }), { name: 'RangeError', message })
    }
  })
})
