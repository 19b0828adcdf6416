/**
 * Scores of forecasts, of the last value and of the value a day earlier, on columns standardised by mean and
 * population deviation of the rows that taught; independent of the package's own scores.
 *
 * @param columns [column][row]
 * @param forecasts { mean, lower, upper: [origin][column][step], origins }, each { shape, values }
 * @param rows { fit, test }
 * @param day rows after which the regular pattern comes again
 * @returns { mse, mae, coverage, naive, seasonal }
 */
export function scoreForecasts(columns, { mean, lower, upper, origins }, { rows, day, horizon }) {
  checkOrigins(origins.values, rows.test, horizon)
  const shape = [origins.values.length, columns.length, horizon]
  for (const array of [mean, lower, upper]) {
    if (`${array.shape}` !== `${shape}`)
      throw new Error(`an array of shape ${array.shape} instead of ${shape}`)
  }
  const gru = createScore()
  const naive = createScore()
  const seasonal = createScore()
  let inside = 0
  const deviations = columns.map((values) => deviationOf(values.subarray(...rows.fit)))
  for (const [i, origin] of origins.values.entries()) {
    for (const [c, values] of columns.entries()) {
      const at = (i * columns.length + c) * horizon
      for (let h = 1; h <= horizon; h++) {
        const truth = values[origin + h]
        const step = at + h - 1
        gru.add((mean.values[step] - truth) / deviations[c])
        naive.add((values[origin] - truth) / deviations[c])
        seasonal.add((values[origin + h - day * Math.ceil(h / day)] - truth) / deviations[c])
        if (truth >= lower.values[step] && truth <= upper.values[step]) inside++
      }
    }
  }
  return {
    ...gru.read(),
    coverage: inside / (shape[0] * shape[1] * shape[2]),
    naive: naive.read(),
    seasonal: seasonal.read(),
  }
}

/** From the row before the first test row to the last one whose whole horizon is tested, none left out. */
function checkOrigins(origins, [from, to], horizon) {
  const count = to - from - horizon + 1
  if (origins.length !== count || origins.some((origin, i) => origin !== from - 1 + i)) {
    throw new Error(`the forecasts are not those of rows ${from - 1} to ${from - 2 + count}`)
  }
}

function createScore() {
  let count = 0
  let squares = 0
  let sizes = 0
  return {
    add(error) {
      count++
      squares += error * error
      sizes += Math.abs(error)
    },
    read: () => ({ mse: squares / count, mae: sizes / count }),
  }
}

/** Population standard deviation. */
function deviationOf(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
