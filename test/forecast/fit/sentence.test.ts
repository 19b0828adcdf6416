import assert from 'node:assert/strict'
import { sentenceOf } from '../../../src/forecast/fit/sentence.ts'

const of = (gru: number, naive: number, seasonalNaive: number, ridge: number): string => {
  const score = (mae: number) => ({ mse: 9, mae, mase: 9 })
  return sentenceOf(
    { gru: score(gru), naive: score(naive), seasonalNaive: score(seasonalNaive), ridge: score(ridge) },
    0.2,
  )
}

describe('the sentence of a fit', () => {
  it('compares with the best simple method, whichever it is', () => {
    assert.equal(of(0.62, 2, 1, 1.5), '38 % better than seasonal naive on the last 20 % of your data')
    assert.equal(of(0.5, 1, 1, 2), '50 % better than naive on the last 20 % of your data')
    assert.equal(of(0.9, 2, 1.5, 1), '10 % better than ridge regression on the last 20 % of your data')
  })

  it('is honest where the model is worse, or no different', () => {
    assert.equal(of(1.12, 1, 2, 3), '12 % worse than naive on the last 20 % of your data')
    assert.equal(of(25, 2, 1, 3), '2400 % worse than seasonal naive on the last 20 % of your data')
    assert.equal(of(1.004, 2, 3, 1), 'as good as ridge regression on the last 20 % of your data')
    assert.equal(of(0, 0, 0, 0), 'as good as naive on the last 20 % of your data')
    assert.equal(of(1, 0, 0, 1), 'worse than naive, which made no error on the last 20 % of your data')
    assert.equal(
      of(Number.NaN, Number.NaN, Number.NaN, Number.NaN),
      'nothing was observed on the last 20 % of your data',
    )
  })
})
