import { atLeast, atMost, digits } from '../lib/results.mjs'
import { crossoversOf } from './auto.mjs'
import {
  choiceTable,
  crossoverTable,
  enduranceTables,
  errorTable,
  roundTripTable,
  sequenceTable,
  throughputTables,
} from './tables.mjs'

const WORST_ERROR = 1e-5
const SPEED_UP = { hidden: 64, batch: 16_384, times: 5 }
/** Of a crossover, from what the calibration predicted. */
const OFF_PREDICTION = 25
const GROWTH = 10

/** What was found as `writeResults` takes it; parts that failed are missing. */
export function resultsOf(found) {
  const { adapter, failed, errors, roundTrip, throughput, auto, sequences, endurance } = found
  const crossovers = auto && crossoversOf(throughput.cells, auto.calibrated)
  return {
    variant: adapter.name.replace(/^gpu:/, ''),
    versions: { webgpu: adapter.webgpu },
    details: { ...found, crossovers },
    targets: [
      ...(errors ? [errorTarget(adapter, errors)] : []),
      ...(endurance ? enduranceTargets(adapter, endurance) : []),
      // What a software adapter is slow at says nothing of a GPU.
      ...(throughput && !adapter.software ? speedTargets(adapter, throughput.cells) : []),
      ...(crossovers && !adapter.software ? crossoverTargets(adapter, crossovers) : []),
    ],
    tables: [
      ...(errors ? [errorTable(errors)] : []),
      ...(roundTrip ? [roundTripTable(roundTrip)] : []),
      ...(throughput ? throughputTables(throughput.cells) : []),
      ...(auto ? [crossoverTable(crossovers), choiceTable(auto.choices)] : []),
      ...(sequences ? [sequenceTable(sequences)] : []),
      ...(endurance ? enduranceTables(endurance) : []),
    ],
    notes: [
      ...notesOf(adapter),
      ...(throughput?.left ?? []).map(
        ({ hidden, batch, reason }) => `Left out from 8/${hidden} with ${digits(batch)} rows on: ${reason}.`,
      ),
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
    'PyTorch’s equations, 8 inputs, a projection to one number.',
  ]
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
  const { hidden, batch, times } = SPEED_UP
  const cell = cells.find((each) => each.hidden === hidden && each.batch === batch)
  const figure = `${name}, ${digits(batch)} streams at 8/${hidden}, against WASM`
  return cell ? [atLeast(figure, times, cell.speedUp)] : []
}

function crossoverTargets({ name }, crossovers) {
  return crossovers
    .filter(({ measured, predicted }) => Number.isFinite(measured / predicted))
    .map(({ hidden, measured, predicted }) => {
      const off = exactly(100 * Math.abs(measured / predicted - 1))
      return atMost(`${name}, 8/${hidden}, crossover off the prediction`, OFF_PREDICTION, off, '%')
    })
}
