import assert from 'node:assert/strict'
import fc from 'fast-check'
import { enoughSteps, scalesOf, splitSeries } from '../../../src/learn/segment/data.ts'
import { seriesOf, wave } from './series.ts'

const [SEGMENT, HORIZON] = [4, 6]
const split = (length: number, trainEnd: number | null = null) =>
  splitSeries({ ...wave(length), trainEnd }, 12, SEGMENT, HORIZON)

describe('the split of a series', () => {
  it('holds back the newest fifth, and at least a horizon and half a segment', () => {
    const { key, season, trainEnd, tailStart, tailEnd } = split(100)
    assert.deepEqual(
      { key, season, trainEnd, tailStart, tailEnd },
      { key: 'wave 1', season: 12, trainEnd: 80, tailStart: 79, tailEnd: 94 },
    )
    assert.equal(split(30).trainEnd, 22)
    assert.equal(split(1000).trainEnd, 800)
  })

  it('takes a short series to learn from only', () => {
    assert.equal(enoughSteps(SEGMENT, HORIZON), 20)
    const { trainEnd, tailStart, tailEnd } = split(19)
    assert.deepEqual([trainEnd, tailStart, tailEnd], [19, 18, 18])
    assert.ok(split(20).tailEnd > split(20).tailStart)
    assert.deepEqual([split(1).trainEnd, split(0).trainEnd], [1, 0])
  })

  it('is where the series says', () => {
    const { trainEnd, tailStart, tailEnd } = split(100, 37)
    assert.deepEqual([trainEnd, tailStart, tailEnd], [37, 36, 94])
    const all = split(100, 100)
    assert.equal(all.trainEnd, 100)
    assert.ok(all.tailEnd <= all.tailStart)
  })

  it('judges by the part of a horizon that there is, where there is no whole one', () => {
    const { tailStart, tailEnd } = split(100, 97)
    assert.deepEqual([tailStart, tailEnd], [96, 99])
    // The only origin that has the whole horizon before it.
    const whole = split(100, 94)
    assert.deepEqual([whole.tailStart, whole.tailEnd], [93, 94])
  })

  it('is in time order, and every origin that judges has a target after the training part', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.option(fc.nat(400)), (length, at) => {
        const end = at === null ? null : Math.min(at, length)
        const { trainEnd, tailStart, tailEnd } = split(length, end)
        assert.ok(trainEnd >= 0 && trainEnd <= length && tailStart === trainEnd - 1)
        for (let t = tailStart; t < tailEnd; t++) assert.ok(t + 1 >= trainEnd && t + 1 < length)
      }),
    )
  })

  it('has the deviation of what was observed in the training part as its unit', () => {
    const series = seriesOf([1, 3, 1e6, 1, 3, 500, 600], { trainEnd: 5 })
    series.observed[2] = 0
    assert.equal(splitSeries(series, 0, SEGMENT, HORIZON).unit, 1)
  })

  it('has a positive unit for constants, and where nothing was observed', () => {
    const constant = seriesOf(new Array(60).fill(-50))
    assert.ok(Math.abs(splitSeries(constant, 0, SEGMENT, HORIZON).unit - 5e-8) < 1e-20)
    const nothing = { ...constant, observed: new Uint8Array(60) }
    const { unit } = splitSeries(nothing, 0, SEGMENT, HORIZON)
    assert.ok(unit > 0 && Number.isFinite(1 / unit))
  })

  it('keeps small deviations of large values', () => {
    const { unit } = splitSeries(
      seriesOf(
        Array.from({ length: 60 }, (_, i) => 1e9 + 8 * (i % 2)),
        { trainEnd: 60 },
      ),
      0,
      SEGMENT,
      HORIZON,
    )
    assert.equal(unit, 4)
  })
})

describe('the scales of a series', () => {
  it('are its unit where they are fixed', () => {
    const series = split(50)
    assert.ok(scalesOf('fixed', series, SEGMENT).every((scale) => scale === series.unit))
  })

  it('are the mean of its changes over half a season so far, once it has seen a segment of them', () => {
    const values = Array.from({ length: 40 }, (_, i) => i)
    const series = splitSeries(seriesOf(values), 4, SEGMENT, HORIZON)
    const scales = scalesOf('running', series, SEGMENT)
    assert.deepEqual([...scales.subarray(0, 4)], new Array(4).fill(series.unit))
    // The first change is over one step, all others are over two.
    assert.equal(scales[4], (1 + 2 + 2 + 2) / 4)
    assert.ok(Math.abs(scales[39] - (1 + 2 * 38) / 39) < 1e-12)
  })

  it('do not know what comes later', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 59 }), (t) => {
        const series = splitSeries({ ...wave(60), trainEnd: 20 }, 12, SEGMENT, HORIZON)
        const changed = { ...series, values: series.values.map((v, i) => (i > t ? v + 1000 : v)) }
        const [a, b] = [series, changed].map((one) => scalesOf('running', one, SEGMENT).subarray(0, t + 1))
        assert.deepEqual(a, b)
      }),
    )
  })
})
