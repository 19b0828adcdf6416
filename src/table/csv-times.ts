import { quote } from '../quote.ts'
import { createGrowing } from './growing.ts'
import { readTime, showTime } from './time.ts'

/** The column of times of a file, cell by cell. */
export interface TimeColumn {
  /** @param where the row, for errors */
  add(cell: string, where: string): void
  /** @throws Error when the order of day and month is open, or when times do not rise */
  finish(): Float64Array
}

/**
 * Reads times of which all rows together tell whether day or month come first: one number above 12 is enough.
 * @param name of the column, for errors
 */
export function createTimeColumn(name: string): TimeColumn {
  const monthsFirst = createGrowing()
  const daysFirst = createGrowing()
  let mayBeMonths = true
  let mayBeDays = true
  /** A cell that can be read in two ways. */
  let open: string | undefined
  return {
    add(cell, where) {
      const time = readTime(cell)
      if (!time) {
        throw new Error(
          `${where}: ${quote(cell)} in the time column ${quote(name)} is no time that can be read`,
        )
      }
      const { monthFirst, dayFirst } = time
      monthsFirst.push(monthFirst)
      daysFirst.push(dayFirst)
      mayBeMonths &&= !Number.isNaN(monthFirst)
      mayBeDays &&= !Number.isNaN(dayFirst)
      if (monthFirst !== dayFirst) open ??= cell
      if (!mayBeMonths && !mayBeDays) {
        throw new Error(
          `${where}: ${quote(cell)} in the time column ${quote(name)} has day and month in another order than rows before`,
        )
      }
    },
    finish() {
      if (mayBeMonths && mayBeDays && open !== undefined) {
        throw new Error(
          `no row tells whether day or month come first in the time column ${quote(name)}, as in ${quote(open)}: write times as 2026-01-31 08:05`,
        )
      }
      const times = (mayBeMonths ? monthsFirst : daysFirst).toArray()
      checkRising(times)
      return times
    },
  }
}

function checkRising(times: Float64Array): void {
  for (let row = 1; row < times.length; row++) {
    if (times[row] > times[row - 1]) continue
    throw new Error(
      `times must rise from row to row, but row ${row + 1} (${showTime(times[row])}) does not come after row ${row} (${showTime(times[row - 1])})`,
    )
  }
}
