import assert from 'node:assert/strict'
import fc from 'fast-check'
import { collectedStatus, fittedStatus, progressStatus } from '../../nodes/trainStatus.ts'
import { metrics, told } from './trainFlow.ts'

describe('the status of gru-train', () => {
  it('draws how far a fit is and what it still takes', () => {
    assert.equal(progressStatus(told).text, '▰▰▰▱▱ 62 % · 14 s')
    assert.equal(progressStatus(null).text, '▱▱▱▱▱ 0 %')
    assert.equal(progressStatus({ ...told, share: 1, secondsLeft: 0 }).text, '▰▰▰▰▰ 100 % · 0 s')
    assert.equal(progressStatus({ ...told, secondsLeft: 1800 }).text, '▰▰▰▱▱ 62 % · 30 min')
    assert.equal(progressStatus({ ...told, secondsLeft: 86_400 }).text, '▰▰▰▱▱ 62 % · 24 h')
    assert.equal(progressStatus({ ...told, secondsLeft: Number.NaN }).text, '▰▰▰▱▱ 62 %')
  })

  it('is never longer than Node-RED shows', () => {
    const any = fc.double({ noNaN: false })
    const seconds = fc.oneof(any, fc.double({ min: 0, max: 86_400, noNaN: true }))
    const mae = fc.oneof(fc.double({ min: 0 }), fc.constant(0))
    const share = fc.oneof(any, fc.double({ min: 0, max: 1, noNaN: true }))
    fc.assert(
      fc.property(share, seconds, (share, secondsLeft) => {
        const { text = '' } = progressStatus({ ...told, share, secondsLeft })
        assert.ok(text.length <= 20, text)
        assert.match(text, /^[▰▱]{5} \d+ %/)
      }),
    )
    fc.assert(
      fc.property(mae, mae, (mine, theirs) => {
        const gru = { ...metrics.gru, mae: mine }
        const { text = '' } = fittedStatus({ ...metrics, gru, ridge: { ...gru, mae: theirs } })
        assert.ok(text.length <= 20, text)
      }),
    )
    assert.ok((collectedStatus(2_000_000).text ?? '').length <= 20)
  })

  it('says how good a model is, green only where it is better than every simple method', () => {
    const of = (mae: number): unknown[] => {
      const { fill, text } = fittedStatus({ ...metrics, gru: { ...metrics.gru, mae } })
      return [fill, text]
    }
    assert.deepEqual(of(0.62), ['green', '38 % better'])
    assert.deepEqual(of(1.12), ['yellow', '12 % worse'])
    assert.deepEqual(of(1.001), ['yellow', 'not better'])
    assert.deepEqual(of(1000), ['yellow', 'worse'])
    assert.deepEqual(of(Number.NaN), ['yellow', 'fitted'])
    const none = { ...metrics.gru, mae: 0 }
    assert.equal(fittedStatus({ ...metrics, gru: none, ridge: none }).text, 'not better')
    assert.equal(fittedStatus(null).text, 'fitted')
  })
})
