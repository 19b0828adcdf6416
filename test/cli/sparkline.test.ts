import assert from 'node:assert/strict'
import fc from 'fast-check'
import { sparkline } from '../../src/cli/sparkline.ts'

describe('sparkline', () => {
  it('draws the course from the lowest bar to the highest', () => {
    assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8), '▁▂▃▄▅▆▇█')
    assert.equal(sparkline([7, 0], 8), '█▁')
  })

  it('takes the means of as many values as fit', () => {
    assert.equal(sparkline([0, 0, 7, 7, 0, 0], 3), '▁█▁')
  })

  it('is a level line where nothing changes, and empty where there is nothing', () => {
    assert.match(sparkline([5, 5, 5], 8), /^(.)\1\1$/u)
    assert.equal(sparkline([], 8), '')
    assert.equal(sparkline([Number.NaN], 8), '')
  })

  it('has a bar for each value up to the most, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), fc.integer({ min: 1, max: 20 }), (values, most) => {
        const drawn = sparkline(values, most)
        assert.match(drawn, /^[▁▂▃▄▅▆▇█]*$/u)
        assert.equal(drawn.length, Math.min(most, values.filter(Number.isFinite).length))
      }),
    )
  })
})
