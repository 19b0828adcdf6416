import { quote } from '../quote.ts'
import { createGrowing } from './growing.ts'
import { readNumber } from './number.ts'
import { readTime } from './time.ts'

/** The column of times of a file, cell by cell. */
export interface TimeColumn {
  /** @param where the row, for errors */
  add(cell: string, where: string): void
  /**
   * All times, NaN for blank cells.
   * @throws Error when the order of day and month is open
   */
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
      if (!time && isBlank(cell)) {
        monthsFirst.push(Number.NaN)
        daysFirst.push(Number.NaN)
        return
      }
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
      return (mayBeMonths ? monthsFirst : daysFirst).toArray()
    },
  }
}

/** Whether a cell says that there is no time, as it would that there is no number. */
export function isBlank(cell: string): boolean {
  return Number.isNaN(readNumber(cell))
}
