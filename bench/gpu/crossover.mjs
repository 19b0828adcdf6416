import { crossover } from '../../dist/src/engine/gpu/calibrate.js'
import { pairedRatio } from '../lib/stats.mjs'
import { onGpu, openGpu, openUsualWasm, stepping } from './steppers.mjs'
import { BATCHES } from './throughput.mjs'
import { takeTurns } from './wall.mjs'

const MOST_ROWS = BATCHES.at(-1)
/** A batch beyond what was calibrated takes no longer than this, so that a software adapter takes no minutes. */
const MOST_MS = 1000

/**
 * From how many rows on the GPU is faster, by timing steps of half, as many and twice as many rows as the calibration
 * says, then of fewer or more by halves and doubles until both sides have won: the GPU through the stepper that moves,
 * WASM through the plain one, in turns, each as one calls it.
 *
 * @returns { predicted, measured, points: [{ rows, speedUp }] }; rows are null where the GPU never wins
 */
export async function measureCrossover(model, calibration) {
  const predicted = crossover(calibration)
  const most = mostRows(calibration)
  const gpu = await openGpu(model, most)
  const wasm = openUsualWasm(model, most)
  const points = new Map()
  const gain = async (rows) => {
    const times = await takeTurns({ gpu: stepping(gpu, rows), wasm: stepping(wasm, rows) })
    onGpu(gpu)
    points.set(rows, pairedRatio(times.wasm, times.gpu))
    return points.get(rows).median
  }
  try {
    const about = Math.min(most, Math.max(1, Math.round(predicted)))
    const [first, last] = [Math.max(1, about >> 1), Math.min(most, 2 * about)]
    for (const rows of new Set(predicted < most ? [about, first, last] : [about])) await gain(rows)
    for (let rows = Math.min(...points.keys()); rows > 1 && points.get(rows).median > 1; ) {
      rows >>= 1
      await gain(rows)
    }
    for (let rows = Math.max(...points.keys()); rows < most && points.get(rows).median <= 1; ) {
      rows = Math.min(most, 2 * rows)
      await gain(rows)
    }
  } finally {
    await gpu.close()
    wasm.close()
  }
  const sorted = [...points].sort(([a], [b]) => a - b).map(([rows, speedUp]) => ({ rows, speedUp }))
  const measured = crossover({
    rows: sorted.map(({ rows }) => rows),
    gpu: sorted.map(() => 1),
    wasm: sorted.map(({ speedUp }) => speedUp.median),
  })
  return { predicted: orNull(predicted), measured: orNull(measured), points: sorted }
}

/** JSON has no infinity. */
const orNull = (rows) => (Number.isFinite(rows) ? rows : null)

/** As many rows as are measured elsewhere, or, on a slow adapter, as many as were calibrated. */
function mostRows({ rows, gpu }) {
  const within = Math.floor((MOST_MS * rows.at(-1)) / gpu.at(-1))
  return Math.min(MOST_ROWS, Math.max(rows.at(-1), within))
}

/** Percent that a crossover is off its prediction; infinite where one of them is never, or was not to be had. */
export function offPrediction({ predicted, measured }) {
  if (predicted === null && measured === null) return 0
  if (!predicted || !measured) return Number.POSITIVE_INFINITY
  return 100 * Math.abs(measured / predicted - 1)
}
