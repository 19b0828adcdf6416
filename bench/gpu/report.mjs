import { atLeast, atMost, digits, withQuartiles } from '../lib/results.mjs'
import { offPrediction } from './crossover.mjs'
import { variantOf } from './earlier.mjs'
import { shapeName } from './model.mjs'
import {
  choiceTable,
  crossoverTable,
  enduranceTables,
  errorTable,
  roundTripTable,
  SLOW,
  sequenceTable,
  throughputTables,
} from './tables.mjs'

const WORST_ERROR = 1e-5
const SPEED_UP = { shape: { hidden: 64, outputs: 1 }, batch: 16_384, times: 5 }
/** Of a crossover, from what the calibration predicted. */
const OFF_PREDICTION = 25
const GROWTH = 10

/**
 * What was found as `writeResults` takes it; parts that failed are missing.
 * @param now names of the parts that this run has measured; others were measured earlier
 */
export function resultsOf(found, now) {
  const { adapter, failed, measured, errors, roundtrip, throughput, auto, sequences, endurance } = found
  return {
    variant: variantOf(adapter),
    versions: { webgpu: adapter.webgpu },
    details: { ...found, largest: throughput && largestOf(throughput) },
    targets: [
      ...(errors ? [errorTarget(adapter, errors)] : []),
      ...(endurance ? enduranceTargets(adapter, endurance) : []),
      // What a software adapter is slow at says nothing of a GPU.
      ...(throughput && !adapter.software ? speedTargets(adapter, throughput.cells) : []),
      ...(auto && !adapter.software ? crossoverTargets(adapter, auto) : []),
    ],
    tables: [
      ...(errors ? [errorTable(errors)] : []),
      ...(roundtrip ? [roundTripTable(roundtrip)] : []),
      ...(throughput ? throughputTables(throughput.cells) : []),
      ...(auto ? [crossoverTable(auto.crossovers), choiceTable(auto.choices)] : []),
      ...(sequences ? [sequenceTable(sequences)] : []),
      ...(endurance ? enduranceTables(endurance) : []),
    ],
    notes: [
      ...notesOf(adapter),
      ...(throughput ? throughputNotes(throughput) : []),
      ...earlierNotes(measured, now),
      ...failed.map(({ name, message }) => `Failed: ${name}: ${message}.`),
    ],
  }
}

function notesOf({ software, name, ...said }) {
  const described = [said.vendor, said.architecture, said.device, said.description].filter(Boolean).join(', ')
  return [
    `Adapter ${name} (${described}).`,
    ...(software
      ? [
          'It computes on the CPU: these figures show that the path works and what it costs, not what a GPU makes of it.',
        ]
      : []),
    'Milliseconds are those of the clock on the wall. WASM is stepped by the synchronous stepper in the host process.',
    'PyTorch’s equations, 8 inputs, a projection to one number where nothing else is said.',
  ]
}

/** The cell in which the GPU is the most times as fast as WASM. */
const largestOf = ({ cells }) => cells.toSorted((a, b) => b.speedUp.median - a.speedUp.median)[0]

function throughputNotes({ wasm, cells, left }) {
  const { speedUp, batch, ...shape } = largestOf({ cells })
  return [
    `Throughput is compared with ${wasm}.`,
    `The largest speed-up is ${withQuartiles(speedUp)}, of ${digits(batch)} streams at ${shapeName(shape)}.`,
    ...(cells.some(({ slow }) => slow)
      ? [`${SLOW} So slow that it was measured in fewer rounds than the others: a rough figure.`]
      : []),
    ...left.map(
      (cell) => `Left out from ${digits(cell.batch)} streams on at ${shapeName(cell)}: ${cell.reason}.`,
    ),
  ]
}

function earlierNotes(measured, now) {
  const kept = Object.entries(measured).filter(([name]) => !now.includes(name))
  if (kept.length === 0) return []
  const dates = kept.map(([name, date]) => `${name} (${date.slice(0, 16).replace('T', ' ')} UTC)`)
  return [`From earlier runs: ${dates.join(', ')}.`]
}

const exactly = (median) => ({ median })

function errorTarget({ name }, { steps, errors }) {
  const worst = Math.max(...errors.map(({ gpu }) => gpu))
  return atMost(`${name}, largest error in ${steps} steps, all sizes`, WORST_ERROR, exactly(worst), '')
}

function enduranceTargets({ name }, { streams, gpu: { steps, error, memory } }) {
  const figure = `${name}, ${digits(steps)} steps of ${digits(streams)} streams`
  const targets = [atMost(`${figure}: largest error`, WORST_ERROR, exactly(error), '')]
  if (memory[0].child !== undefined) {
    const totals = memory.map(({ held, child }) => held + child)
    const growth = exactly(100 * (totals.at(-1) / totals[0] - 1))
    targets.push(
      atMost(
        `${figure}: growth of what the host holds and the child has resident, from a tenth to the end`,
        GROWTH,
        growth,
        '%',
      ),
    )
  }
  return targets
}

function speedTargets({ name }, cells) {
  const { shape, batch, times } = SPEED_UP
  const cell = cells.find((each) => shapeName(each) === shapeName(shape) && each.batch === batch)
  const figure = `${name}, ${digits(batch)} streams at ${shapeName(shape)}, against WASM`
  return cell ? [atLeast(figure, times, cell.speedUp)] : []
}

function crossoverTargets({ name }, { crossovers }) {
  return crossovers.map((found) =>
    atMost(
      `${name}, 8/${found.hidden}, crossover off the prediction`,
      OFF_PREDICTION,
      exactly(offPrediction(found)),
      '%',
    ),
  )
}
