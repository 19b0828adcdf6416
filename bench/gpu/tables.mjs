import { digits, withQuartiles } from '../lib/results.mjs'
import { shapeName } from './model.mjs'

const MB = 1e6
const NONE = ''
/** Marks figures of fewer rounds than the others'. */
export const SLOW = '\\*'

export function errorTable({ steps, streams, errors }) {
  return {
    title: `Largest error of any output against float64 in ${steps} steps of ${streams} streams, by hidden size:`,
    columns: ['', ...errors.map(({ hidden }) => `8/${hidden}`)],
    rows: [
      ['GPU', ...errors.map(({ gpu }) => digits(gpu))],
      ['WASM', ...errors.map(({ wasm }) => digits(wasm))],
    ],
  }
}

export function roundTripTable({ hidden, calls, median, p99 }) {
  return {
    title: `One step of one stream at 8/${hidden}, asked for and answered, one at a time:`,
    columns: ['', 'calls', 'median, ms', 'p99, ms'],
    rows: [['GPU', digits(calls), digits(median), digits(p99)]],
  }
}

export function throughputTables(cells) {
  const title =
    'Milliseconds from asking for a step of all streams to their outputs on the GPU, medians, by shape and streams:'
  return [
    byBatch(title, cells, (cell) => marked(digits(cell.gpu.median), cell)),
    byBatch('The same in WASM:', cells, (cell) => marked(digits(cell.wasm.median), cell)),
    byBatch('Times as fast as WASM:', cells, (cell) => marked(withQuartiles(cell.speedUp), cell)),
  ]
}

const marked = (text, { slow }) => (slow ? `${text}${SLOW}` : text)

export function choiceTable(choices) {
  return byBatch('What `auto` ran them on in the end:', choices, ({ device }) => device)
}

export function crossoverTable(crossovers) {
  return {
    title: 'Rows from which on the GPU is faster:',
    columns: ['', ...crossovers.map(({ hidden }) => `8/${hidden}`)],
    rows: [
      ['as it was timed', ...crossovers.map(({ measured }) => rowsText(measured))],
      ['as the calibration says', ...crossovers.map(({ predicted }) => rowsText(predicted))],
    ],
  }
}

function rowsText(rows) {
  if (rows === undefined) return 'not calibrated'
  return rows === null ? 'never' : digits(rows)
}

export function sequenceTable({ hidden, time, cells }) {
  return {
    title: `Sequences of ${time} steps at 8/${hidden}, without projection:`,
    columns: ['', 'GPU, ms', 'WASM, ms', 'times as fast', 'largest difference'],
    rows: cells.map(({ batch, gpu, wasm, speedUp, difference, slow }) => [
      `${digits(batch)} streams`,
      digits(gpu.median),
      digits(wasm.median),
      marked(withQuartiles(speedUp), { slow }),
      digits(difference),
    ]),
  }
}

export function enduranceTables({ hidden, streams, gpu, wasm }) {
  const both = [
    ['GPU', gpu],
    ['WASM', wasm],
  ]
  return [
    {
      title: `${digits(streams)} streams at 8/${hidden}, one step after the other; delay of the host’s event loop, to a millisecond:`,
      columns: ['', 'steps', 'ms a step', 'largest error', 'delay: median, ms', 'p99, ms', 'longest, ms'],
      rows: both.map(([name, { steps, ms, error, delay }]) => [
        name,
        ...[steps, ms, error, delay.median, delay.p99, delay.longest].map(digits),
      ]),
    },
    {
      title: 'Memory meanwhile, MB:',
      columns: ['', ...gpu.memory.map(({ steps }) => `${digits(steps)} steps`)],
      rows: [
        ['host: held after a checkpoint', ...gpu.memory.map(({ held }) => digits(held / MB))],
        ['host: resident', ...gpu.memory.map(({ host }) => digits(host / MB))],
        [
          'child with the GPU: resident',
          ...gpu.memory.map(({ child }) => (child ? digits(child / MB) : NONE)),
        ],
      ],
    },
  ]
}

/** A row for each shape, a column for each number of streams. */
function byBatch(title, cells, text) {
  const unique = (of) => [...new Set(cells.map(of))]
  const batches = unique(({ batch }) => batch)
  return {
    title,
    columns: ['', ...batches.map((batch) => digits(batch))],
    rows: unique(shapeName).map((name) => [
      name,
      ...batches.map((batch) => {
        const cell = cells.find((one) => shapeName(one) === name && one.batch === batch)
        return cell ? text(cell) : NONE
      }),
    ]),
  }
}
