import assert from 'node:assert/strict'

type Columns = readonly Float64Array[]
type Open = (column: number) => (origin: number, mean: Float64Array, i: number) => void
interface Written {
  readonly shape: readonly [number, number, number]
  readonly values: Float32Array
}
interface Forecasts {
  readonly mean: Written
  readonly lower: Written
  readonly upper: Written
  readonly origins: { readonly values: Int32Array }
}

interface Scores {
  stepErrors(
    columns: Columns,
    deviations: readonly number[],
    origins: Int32Array,
    horizon: number,
    open: Open,
  ): { squares: Float64Array[]; sizes: Float64Array[] }
  upTo(errors: readonly Float64Array[], to: number): number
  written(mean: Written): Open
  naive(columns: Columns): Open
  seasonalNaive(columns: Columns, day: number): Open
  intervalScores(
    columns: Columns,
    deviations: readonly number[],
    forecasts: Forecasts,
    step: number,
    options: { skip: number; alpha: number },
  ): { coverage: number; columns: number[]; winkler: number }
  coverageOf(columns: Columns, forecasts: Forecasts): number
  checkForecasts(
    forecasts: Forecasts,
    columns: Columns,
    test: readonly [number, number],
    horizon: number,
  ): void
  standardOf(values: Float64Array, rows: readonly [number, number]): { mean: number; deviation: number }
}
interface Rls {
  lagsOf(day: number): number[]
  ridge(
    columns: Columns,
    standards: readonly { mean: number; deviation: number }[],
    day: number,
    lambda: number,
  ): Open
  createRls(
    n: number,
    m: number,
    lambda: number,
  ): {
    learn(f: Float64Array, target: (h: number) => number): void
    predict(f: Float64Array, out: Float64Array): void
  }
}
interface Cold {
  ratiosOf(values: Float64Array, c: number, forecasts: Forecasts, step: number): Record<string, number>
  quantile(values: readonly number[], share: number): number
}
interface Sentinels {
  spoilt(values: Float64Array, rows: readonly [number, number]): Float64Array
}
interface Leak {
  changedIn(a: Written, b: Written, from: number, to: number): number
}

const load = <T>(path: string): Promise<T> => import(new URL(`../../../bench/${path}`, import.meta.url).href)
const scores = await load<Scores>('lib/forecastScores.mjs')
const rls = await load<Rls>('lib/rls.mjs')
const cold = await load<Cold>('quality/cold.mjs')
const sentinels = await load<Sentinels>('quality/sentinels.mjs')
const leak = await load<Leak>('quality/leak.mjs')

const array = (shape: Written['shape'], ...values: number[]): Written => ({
  shape,
  values: Float32Array.from(values),
})
const close = (a: number, b: number): void =>
  assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b)), `${a} is not ${b}`)

describe('the scores of the bench', () => {
  // Forecasts of two columns, two steps ahead, after the rows 1 and 2.
  const columns = [Float64Array.of(0, 1, 2, 4, 8), Float64Array.of(5, 5, 7, 5, 3)]
  const origins = Int32Array.of(1, 2)
  const deviations = [2, 1]
  const mean = array([2, 2, 2], 3, 4, 7, 6, 4, 4, 5, 6)
  const forecasts = {
    mean,
    lower: array([2, 2, 2], 2, 5, 5, 5.5, 4, 3, 6, 4),
    upper: array([2, 2, 2], 4, 6, 6, 7, 5, 4, 7, 5),
    origins: { values: origins },
  }

  it('are means over origins of each step and column, in units of its deviation', () => {
    const { squares, sizes } = scores.stepErrors(columns, deviations, origins, 2, scores.written(mean))
    // Column 1: errors 1, 0 after row 1, 0, −4 after row 2; column 2: 0, 1 and 0, 3.
    assert.deepEqual(
      squares.map((steps) => [...steps]),
      [
        [1 / 8, 4 / 2],
        [0, 10 / 2],
      ],
    )
    assert.deepEqual(
      sizes.map((steps) => [...steps]),
      [
        [1 / 4, 2 / 2],
        [0, 4 / 2],
      ],
    )
    close(scores.upTo(squares, 1), 1 / 16)
    close(scores.upTo(squares, 2), (1 / 8 + 2 + 5) / 4)
  })

  it('hold simple methods against the same rows', () => {
    const errorsOf = (open: Open): number[][] =>
      scores.stepErrors(columns, [1, 1], origins, 2, open).squares.map((steps) => [...steps])
    assert.deepEqual(errorsOf(scores.naive(columns)), [
      [(1 + 4) / 2, (9 + 36) / 2],
      [(4 + 4) / 2, (0 + 16) / 2],
    ])
    // A season of two rows: the value two rows before each truth.
    assert.deepEqual(errorsOf(scores.seasonalNaive(columns, 2)), [
      [(4 + 9) / 2, (9 + 36) / 2],
      [(4 + 0) / 2, (0 + 16) / 2],
    ])
  })

  it('count what intervals hold at one step, edges included, and charge for width and misses', () => {
    const all = scores.intervalScores(columns, deviations, forecasts, 1, { skip: 0, alpha: 0.1 })
    // Column 1: 2 in 2…4, 4 in 4…5; column 2: 7 above 5…6 by 1, 5 below 6…7 by 1.
    assert.deepEqual(all.columns, [1, 0])
    close(all.coverage, 0.5)
    close(all.winkler, (2 / 2 + 1 / 2 + (1 + 20) + (1 + 20)) / 4)
    const later = scores.intervalScores(columns, deviations, forecasts, 2, { skip: 1, alpha: 0.2 })
    // After row 2: 8 above 3…4 by 4, 3 below 4…5 by 1.
    assert.deepEqual(later.columns, [0, 0])
    close(later.winkler, ((1 + 10 * 4) / 2 + (1 + 10 * 1)) / 2)
    close(scores.coverageOf(columns, forecasts), 2 / 8)
  })

  it('standardise by the rows that taught, a constant by 1', () => {
    assert.deepEqual(scores.standardOf(Float64Array.of(1, 3, 99), [0, 2]), { mean: 2, deviation: 1 })
    assert.equal(scores.standardOf(Float64Array.of(7, 7), [0, 2]).deviation, 1)
  })

  it('refuse forecasts of other rows or shapes', () => {
    scores.checkForecasts(forecasts, columns, [2, 5], 2)
    assert.throws(() => scores.checkForecasts(forecasts, columns, [1, 4], 2), /not those of rows 0 to 1/)
    assert.throws(() => scores.checkForecasts(forecasts, columns, [2, 6], 2), /not those of rows 1 to 3/)
    assert.throws(() => scores.checkForecasts(forecasts, columns.slice(1), [2, 5], 2), /shape 2,2,2 instead/)
  })
})

describe('recursive least squares of the bench', () => {
  it('is ridge regression with weights that fade', () => {
    // One feature: W minimises Σ λ^age (y − W f)² + λ^n W² / 10.
    const filter = rls.createRls(1, 2, 0.9)
    const f = [2, -1, 3]
    const y = [1, 4, -2]
    let above = 0
    let below = 1 / 10
    for (const [i, feature] of f.entries()) {
      filter.learn(Float64Array.of(feature), (h) => (h + 1) * y[i])
      above = 0.9 * above + feature * y[i]
      below = 0.9 * below + feature * feature
    }
    const out = new Float64Array(2)
    filter.predict(Float64Array.of(1), out)
    close(out[0], above / below)
    close(out[1], (2 * above) / below)
  })

  it('has 35 features with a day of 24 rows and with one of 96, and refuses others', () => {
    for (const day of [24, 96]) assert.equal(rls.lagsOf(day).length + 5, 35)
    assert.throws(() => rls.lagsOf(48), /days of 24 and 96 rows, not of 48/)
  })

  it('learns a law of all steps, of nothing after the origin', () => {
    const rows = 900
    const x = Float64Array.from(
      { length: rows },
      (_, t) => Math.sin((2 * Math.PI * t) / 24) + Math.sin(t / 7) + 3,
    )
    const at = (values: Float64Array, origin: number): number[] => {
      const open = rls.ridge([values], [{ mean: 3, deviation: 1 }], 24, 0.9999)(0)
      const mean = new Float64Array(6)
      for (let t = 300; t <= origin; t++) open(t, mean, t)
      return [...mean]
    }
    const known = at(x, 800)
    for (const [h, value] of known.entries()) assert.ok(Math.abs(value - x[801 + h]) < 0.01, `${value}`)
    assert.deepEqual(
      at(
        x.map((value, t) => (t > 800 ? -value : value)),
        800,
      ),
      known,
    )
  })
})

describe('parts of the quality bench', () => {
  it('sum up the errors of a cold start over the truths of the first samples', () => {
    // A step up at sample 40; one forecast is right about it, at step 1.
    const values = Float64Array.from({ length: 120 }, (_, t) => (t < 40 ? 0 : t < 60 ? 1 : 3))
    const mean = array([100, 1, 2], ...new Array<number>(200).fill(0))
    const origins = { values: Int32Array.from({ length: 100 }, (_, i) => i) }
    for (let i = 0; i < 100; i++) mean.values.fill(values[i], 2 * i, 2 * i + 2)
    mean.values[2 * 39] = 1
    const ratios = cold.ratiosOf(values, 0, { mean, lower: mean, upper: mean, origins }, 1)
    // Naive misses 1 at row 40 and 2 at row 60; what is scored here only the latter.
    assert.deepEqual(ratios, { 50: 0, 100: 4 / 5 })
    assert.deepEqual(cold.ratiosOf(values, 0, { mean, lower: mean, upper: mean, origins }, 2), {
      50: 1,
      100: 1,
    })
  })

  it('take quantiles between the sorted values', () => {
    assert.equal(cold.quantile([3, 1, 2], 0.5), 2)
    close(cold.quantile([5, 4, 3, 2, 1], 0.95), 4.8)
    assert.equal(cold.quantile([7], 0.95), 7)
  })

  it('put five bursts of ten sentinels into the middles of equal parts', () => {
    const spoilt = sentinels.spoilt(new Float64Array(300), [100, 300])
    const at = [...spoilt.keys()].filter((row) => spoilt[row] === -9999)
    assert.deepEqual(
      at,
      [120, 160, 200, 240, 280].flatMap((from) => Array.from({ length: 10 }, (_, i) => from + i)),
    )
  })

  it('see a change of a single bit, in the origins asked for', () => {
    const a = array([2, 1, 2], 1, 2, 3, 0)
    assert.equal(leak.changedIn(a, array([2, 1, 2], 1, 2, 3, -0), 0, 1), 0)
    assert.equal(leak.changedIn(a, array([2, 1, 2], 1, 2, 3, -0), 1, Number.POSITIVE_INFINITY), 1)
  })
})
