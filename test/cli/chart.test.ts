import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Chart, drawForecasts } from '../../src/cli/chart.ts'
import { axis, rowTicks, ticks } from '../../src/cli/chart-axis.ts'
import { elementsOf } from './xml.ts'

const HOSTILE = '"><script>alert(1)</script>&lt;\u0000\u001b[31m\u202e\ud800\'\uffff'

function chartOf(name: string, values: ArrayLike<number>, times: Float64Array | null = null): Chart {
  const truth = Float64Array.from(values)
  const mean = Float32Array.from(truth.subarray(-2))
  const panel = { name, truth, mean, lower: mean.map((v) => v - 1), upper: mean.map((v) => v + 1) }
  const origin = Math.max(0, truth.length - 3)
  return { title: `Forecasts of ${name}`, interval: '90 % interval', panels: [panel], from: 0, origin, times }
}

describe('chart of forecasts', () => {
  it('has truth, forecast, interval and labelled axes for each column, for light and dark', () => {
    const svg = drawForecasts(chartOf('load', [10, 12, 11, 14, 13]))
    const elements = elementsOf(svg)
    const paths = (kind: string): string[] =>
      elements
        .filter(({ attributes }) => attributes.includes(`class="${kind}"`))
        .map(({ attributes }) => attributes)
    // One in the legend, one in the panel.
    assert.deepEqual([paths('truth').length, paths('mean').length, paths('band').length], [2, 2, 2])
    const texts = elements.filter(({ name }) => name === 'text').map(({ text }) => text)
    for (const text of [
      'load',
      'row',
      'value',
      'measured',
      'forecast',
      '90 % interval',
      '10',
      '12',
      '14',
      '0',
    ]) {
      assert.ok(texts.includes(text), `${text} in ${texts}`)
    }
    assert.match(svg, /@media \(prefers-color-scheme: dark\)/)
  })

  it('labels rows by their time where there are times', () => {
    const times = Float64Array.from({ length: 5 }, (_, i) => Date.UTC(2026, 0, 1, i))
    const texts = elementsOf(drawForecasts(chartOf('load', [1, 2, 3, 4, 5], times))).map(({ text }) => text)
    for (const text of ['time (UTC)', '2026-01-01 00:00', '2026-01-01 04:00'])
      assert.ok(texts.includes(text), text)
  })

  it('stays one well-formed picture without scripts, whatever a column is called', () => {
    const names = fc.oneof(
      fc.constant(HOSTILE),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
    )
    fc.assert(
      fc.property(names, (name) => {
        const elements = elementsOf(drawForecasts(chartOf(name, [1, 2, 3, 4])))
        const known = ['svg', 'title', 'style', 'rect', 'text', 'path']
        assert.deepEqual(
          elements.filter((element) => !known.includes(element.name)),
          [],
        )
        assert.ok(elements.every(({ attributes }) => !/\s(on|href|xlink)/.test(attributes)))
      }),
    )
  })

  it('draws whatever the values are, and no coordinate that is no number', () => {
    const value = fc.oneof(
      fc.double(),
      fc.constantFrom(Number.NaN, 0, 1e308, -1e308, 5e-324, 1e17, 1e17 + 16),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 3, maxLength: 30 }), (values) => {
        const svg = drawForecasts(chartOf('a', values))
        elementsOf(svg)
        assert.doesNotMatch(svg.replace(/<style>[\s\S]*<\/style>/, ''), /NaN|Infinity|undefined/)
      }),
    )
  })

  it('breaks the line where there is no value, and shows a value between two gaps', () => {
    const nan = Number.NaN
    const svg = drawForecasts(chartOf('a', [1, 2, nan, 3, nan, 4, 5, 6]))
    const [, truth] = [...svg.matchAll(/class="truth" d="([^"]*)"/g)].map(([, d]) => d)
    assert.deepEqual(
      truth
        .split('M')
        .slice(1)
        .map((piece) => piece.split('L').length),
      [2, 2, 3],
    )
  })
})

describe('marks on an axis', () => {
  it('are round and within it', () => {
    const labels = (min: number, max: number): string[] =>
      ticks(axis(min, max, 0, 1), 4).map(({ label }) => label)
    assert.deepEqual(labels(0, 1), ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0'])
    assert.deepEqual(labels(-30, 120), ['0', '50', '100'])
    assert.deepEqual(labels(4.2, 16.8), ['6', '8', '10', '12', '14', '16'].slice(0, 6))
    assert.deepEqual(labels(0, 4e9), ['0', '1.000e+9', '2.000e+9', '3.000e+9', '4.000e+9'])
    assert.deepEqual(labels(5, 5).length > 0, true)
  })

  it('of rows are dates where days lie between them', () => {
    const times = Float64Array.from({ length: 40 }, (_, i) => Date.UTC(2026, 0, 1 + i))
    assert.deepEqual(
      rowTicks(axis(0, 39, 0, 1), times, 5).map(({ label }) => label),
      ['2026-01-01', '2026-01-09', '2026-01-17', '2026-01-25', '2026-02-02'],
    )
  })
})
