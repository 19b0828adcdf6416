import { quote } from '../../quote.ts'
import type { Column } from '../../table/types.ts'
import { checkNet, type NetOptions, whole } from '../backtest/check.ts'
import { checkColumns, checkSeen } from '../backtest/columns.ts'
import type { FitOptions } from './types.ts'

/** Options with every default filled in. */
export interface CheckedFit extends NetOptions {
  readonly table: boolean
  readonly epochs: number
}

const HORIZON = 24
const EPOCHS = 20
const MOST_EPOCHS = 10_000

/** @throws RangeError naming an impossible option or column, and the value; TypeError when there are no columns */
export function checkFit(columns: readonly Column[], options: FitOptions): CheckedFit {
  const { horizon = HORIZON, epochs = EPOCHS } = options
  const net = checkNet(options, horizon)
  whole('epochs', epochs, 1, MOST_EPOCHS)
  checkColumns(columns)
  for (const column of columns) checkSeen([column], { from: 0, to: column.values.length }, 'its rows')
  const [first] = columns
  const other = columns.find(({ values }) => values.length !== first.values.length)
  const { table = other === undefined } = options
  if (table && other) {
    throw new RangeError(
      `columns of one table are equally long: ${quote(first.name)} has ${first.values.length} rows, ${quote(other.name)} ${other.values.length}`,
    )
  }
  const longest = Math.max(...columns.map(({ values }) => values.length))
  if (longest < horizon + 2) {
    throw new RangeError(
      `${longest} rows are too few to learn ${horizon} steps ahead: at least ${horizon + 2}`,
    )
  }
  return { ...net, table, epochs }
}
