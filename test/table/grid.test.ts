import assert from 'node:assert/strict'
import fc from 'fast-check'
import { layOut, onGrid } from '../../src/table/grid.ts'
import { periodOf } from '../../src/table/period.ts'
import { plain, tableAt } from './tables.ts'

const NAN = Number.NaN
const T0 = Date.UTC(2026, 0, 5)
const MINUTE = 60_000
const at = (...minutes: number[]): number[] => minutes.map((minute) => T0 + minute * MINUTE)

describe('periodOf', () => {
  it('is the median distance, whatever the jitter and a few gaps', () => {
    assert.equal(periodOf(Float64Array.from(at(0, 1, 2, 3, 9, 10, 11))), MINUTE)
    assert.equal(periodOf(Float64Array.from(at(0, 0.9, 2.1, 3, 4))), 0.9 * MINUTE)
  })

  it('is that of the bursts, where rows come twice', () => {
    assert.equal(periodOf(Float64Array.from([0, 20, 10_000, 10_020, 20_000, 20_020, 30_000, 30_020])), 9980)
  })

  it('needs two times', () => {
    assert.equal(periodOf(new Float64Array(0)), null)
    assert.equal(periodOf(Float64Array.of(5)), null)
  })
})

describe('onGrid', () => {
  it('gives back a table without gaps, and one without times, as it is', () => {
    for (const table of [
      tableAt(at(0, 1, 2, 3), MINUTE),
      { ...tableAt([0, 9, 10], 1), times: null, period: null },
    ]) {
      assert.equal(onGrid(table).table, table)
      assert.deepEqual(onGrid(table).notes, [])
    }
  })

  it('leaves rows of gaps empty, and says how many', () => {
    const { table, notes } = onGrid(tableAt(at(0, 1, 4, 5), MINUTE))
    assert.equal(table.rows, 6)
    assert.equal(table.period, MINUTE)
    assert.deepEqual([...(table.times ?? [])], at(0, 1, 2, 3, 4, 5))
    assert.deepEqual(plain(table.columns), [['a', [0, 1, NAN, NAN, 2, 3]]])
    assert.deepEqual(notes, ['2 rows are empty because no reading came for them'])
  })

  it('leaves out a reading less than half a period after another', () => {
    const { table, notes } = onGrid(tableAt(at(0, 1, 1.3, 2, 3), MINUTE))
    assert.deepEqual(plain(table.columns), [['a', [0, 1, 3, 4]]])
    assert.deepEqual(notes, ['1 reading was left out for being less than half a period after another'])
  })

  // The worst sequence of deviations carries the filter 0.47 of a period off, the first reading's own among them.
  it('makes no gaps of jitter up to 15 % of a period with a clock up to 1 % off', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -0.15, max: 0.15, noNaN: true }), { minLength: 2, maxLength: 200 }),
        fc.double({ min: 0.99, max: 1.01, noNaN: true }),
        (jitter, pace) => {
          const times = jitter.map((share, row) => T0 + (row * pace + share) * MINUTE)
          const { table } = onGrid(tableAt(times, MINUTE))
          assert.equal(table.rows, times.length)
        },
      ),
    )
  })

  it('keeps every reading and every gap of a steady sensor, in rising times', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 100 }), (strides) => {
        const steps = [0]
        for (const stride of strides) steps.push(steps[steps.length - 1] + stride)
        const { table } = onGrid(tableAt(at(...steps), MINUTE))
        assert.equal(table.rows, steps[steps.length - 1] + 1)
        const { values } = table.columns[0]
        assert.deepEqual(
          steps.map((step) => values[step]),
          steps.map((_, row) => row),
        )
        assert.equal(
          values.reduce((empty, value) => empty + (Number.isNaN(value) ? 1 : 0), 0),
          table.rows - steps.length,
        )
        assert.deepEqual([...(table.times ?? [])], at(...Array.from({ length: table.rows }, (_, row) => row)))
      }),
    )
  })

  it('keeps the longest part where times jump by years', () => {
    const year = 525_600
    const { table, notes } = onGrid(tableAt(at(0, 1, year, year + 1, year + 2, 50 * year), MINUTE))
    assert.deepEqual(plain(table.columns), [['a', [2, 3, 4]]])
    assert.deepEqual(notes, ['3 readings were left out because the gaps to the others are too long to fill'])
    assert.deepEqual(plain(onGrid(tableAt(at(0, 1, year, year + 1), MINUTE)).table.columns), [['a', [2, 3]]])
  })

  it('adds about as many rows as there are at most, whatever the times', () => {
    const distances = fc.oneof(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 9000 }),
      fc.double({ min: 0.001, max: 1e11, noNaN: true }),
    )
    fc.assert(
      fc.property(
        fc.array(distances, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 5000 }),
        (steps, columns) => {
          const times = [T0]
          for (const step of steps) times.push(times[times.length - 1] + step)
          const rising = Float64Array.from(new Set(times))
          const layout = layOut(rising, periodOf(rising) ?? 1, columns)
          assert.ok(layout.missing <= layout.kept.length + Math.min(10_000, 10_000_000 / columns))
          assert.equal(layout.rows, layout.kept.length + layout.missing)
          assert.equal(layout.kept.length + layout.cut + layout.crowded, rising.length)
          assert.equal(layout.at[0], 0)
          assert.equal(layout.at[layout.at.length - 1], layout.rows - 1)
          assert.ok(layout.at.every((row, i) => i === 0 || row > layout.at[i - 1]))
        },
      ),
    )
  })

  it('leaves the oldest readings out where most rows would be empty', () => {
    const minutes = [
      ...Array.from({ length: 40 }, (_, i) => i),
      ...Array.from({ length: 30 }, (_, i) => 1000 * (i + 1)),
    ]
    const { table, notes } = onGrid(tableAt(at(...minutes), MINUTE))
    assert.equal(table.columns[0].values[table.rows - 1], minutes.length - 1)
    assert.ok(table.rows <= 2 * minutes.length + 10_000)
    assert.equal(notes.length, 2)
  })
})
