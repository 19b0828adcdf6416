import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { backtest } from '../../../src/forecast/backtest/backtest.ts'
import type { BacktestMode, BacktestReport } from '../../../src/forecast/backtest/types.ts'
import type { Table } from '../../../src/table/types.ts'

const DAY = 12
const ROWS = 1600
/** A fifth of the rows teaches, a twentieth chooses. */
const LITTLE = { fit: { from: 0, to: 320 }, validate: { from: 320, to: 400 }, test: { from: 400, to: ROWS } }

/** A daily wave with noise, whose level and size change, and a random walk, of which the last value is the best forecast. */
function waveAndWalk(): Table {
  const random = createRandom(5)
  const wave = Float64Array.from({ length: ROWS }, (_, t) => {
    const size = t < 900 ? 3 : 4
    return (t < 700 ? 20 : 24) + size * Math.sin((2 * Math.PI * t) / DAY) + random.normal(0, 0.5)
  })
  const walk = new Float64Array(ROWS)
  for (let t = 1; t < ROWS; t++) walk[t] = walk[t - 1] + random.normal(0, 1)
  return {
    rows: ROWS,
    times: null,
    period: null,
    columns: [
      { name: 'wave', values: wave },
      { name: 'walk', values: walk },
    ],
  }
}

describe('a live model with little history', () => {
  const run = (mode: BacktestMode): Promise<BacktestReport> =>
    backtest(waveAndWalk(), { ...LITTLE, horizon: 6, mode, hiddenSize: 8 }, () => {})
  const ratiosOf = ({ ratios }: BacktestReport): Record<string, number> =>
    Object.fromEntries(ratios.map(({ name, mse, naiveMse }) => [name, mse / naiveMse]))

  it('is far better than naive where there is a pattern, and never worse where there is none: stream', async () => {
    const { wave, walk } = ratiosOf(await run('stream'))
    assert.ok(wave < 0.1, `wave ${wave}`)
    assert.ok(walk <= 1.02, `walk ${walk}`)
  })

  it('is so too when it begins with nothing: cold', async () => {
    const { wave, walk } = ratiosOf(await run('cold'))
    assert.ok(wave < 0.2, `wave ${wave}`)
    assert.ok(walk <= 1.02, `walk ${walk}`)
  })
})
