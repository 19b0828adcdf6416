// Scores of forecasts, independent of the package's own. Columns are standardised by mean and population deviation of
// the rows that taught.

/** A deviation below it is that of a constant, which is measured in its own unit. */
const CONSTANT = 1e-8

/**
 * Squared and absolute errors, each [column][step], means over the origins.
 * @param columns [column][row]
 * @param origins rows after which forecasts were issued
 * @param open column index → (origin, mean, i): writes what the i-th origin has of that column
 */
export function stepErrors(columns, deviations, origins, horizon, open) {
  const mean = new Float64Array(horizon)
  const squares = []
  const sizes = []
  for (const [c, values] of columns.entries()) {
    const forecast = open(c)
    const square = new Float64Array(horizon)
    const size = new Float64Array(horizon)
    for (const [i, origin] of origins.entries()) {
      forecast(origin, mean, i)
      for (let h = 0; h < horizon; h++) {
        const error = (mean[h] - values[origin + 1 + h]) / deviations[c]
        square[h] += (error * error) / origins.length
        size[h] += Math.abs(error) / origins.length
      }
    }
    squares.push(square)
    sizes.push(size)
  }
  return { squares, sizes }
}

/** Mean of the steps 1..`to` of all columns. */
export function upTo(errors, to) {
  return average(errors.map((steps) => average(steps.subarray(0, to))))
}

/** How the package's array of forecasts is read by `stepErrors`. */
export const written =
  ({ shape: [, columns, horizon], values }) =>
  (c) =>
  (_, mean, i) =>
    mean.set(values.subarray((i * columns + c) * horizon, (i * columns + c + 1) * horizon))

/** The last value. */
export const naive = (columns) => (c) => (origin, mean) => mean.fill(columns[c][origin])

/** The newest known value of the same time of day. */
export const seasonalNaive = (columns, day) => (c) => (origin, mean) => {
  for (let h = 1; h <= mean.length; h++) mean[h - 1] = columns[c][origin + h - day * Math.ceil(h / day)]
}

/**
 * What intervals of one step ahead hold, and their Winkler score (width + 2/α · distance outside).
 * @param skip origins that do not count
 * @returns { coverage, columns: coverage of each, winkler }
 */
export function intervalScores(columns, deviations, { lower, upper, origins }, step, { skip, alpha }) {
  const [count, width, horizon] = lower.shape
  const inside = columns.map(() => 0)
  let winkler = 0
  for (let i = skip; i < count; i++) {
    for (const [c, values] of columns.entries()) {
      const at = (i * width + c) * horizon + step - 1
      const truth = values[origins.values[i] + step]
      const outside = Math.max(lower.values[at] - truth, truth - upper.values[at], 0)
      if (outside === 0) inside[c]++
      winkler += (upper.values[at] - lower.values[at] + (2 / alpha) * outside) / deviations[c]
    }
  }
  const counted = count - skip
  return {
    coverage: average(inside) / counted,
    columns: inside.map((hits) => hits / counted),
    winkler: winkler / (counted * columns.length),
  }
}

/** Share of all values inside their interval. */
export function coverageOf(columns, { lower, upper, origins }) {
  const [count, width, horizon] = lower.shape
  let inside = 0
  for (const [i, origin] of origins.values.entries()) {
    for (const [c, values] of columns.entries()) {
      for (let h = 0; h < horizon; h++) {
        const at = (i * width + c) * horizon + h
        const truth = values[origin + 1 + h]
        if (truth >= lower.values[at] && truth <= upper.values[at]) inside++
      }
    }
  }
  return inside / (count * width * horizon)
}

/**
 * From the row before the first test row to the last one whose whole horizon is tested, none left out.
 * @throws Error when forecasts are others than that
 */
export function checkForecasts({ mean, lower, upper, origins }, columns, [from, to], horizon) {
  const count = to - from - horizon + 1
  if (origins.values.length !== count || origins.values.some((origin, i) => origin !== from - 1 + i)) {
    throw new Error(`the forecasts are not those of rows ${from - 1} to ${from - 2 + count}`)
  }
  for (const { shape } of [mean, lower, upper]) {
    if (`${shape}` !== `${[count, columns.length, horizon]}`) {
      throw new Error(`an array of shape ${shape} instead of ${[count, columns.length, horizon]}`)
    }
  }
}

/** Mean and population standard deviation of some rows of a column. */
export function standardOf(values, [from, to]) {
  const rows = values.subarray(from, to)
  const mean = average(rows)
  const deviation = Math.sqrt(average(rows.map((value) => (value - mean) ** 2)))
  return { mean, deviation: deviation < CONSTANT ? 1 : deviation }
}

export function average(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
