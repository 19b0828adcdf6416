import assert from 'node:assert/strict'
import { createRandom } from '../../../src/engine/random.ts'
import { createBand } from '../../../src/learn/follow/band.ts'

describe('the band of errors', () => {
  const random = createRandom(1)
  const usual = (): number => Math.abs(random.normal(0.6, 0.3))

  it('holds errors of one kind, however restless, and a few wild ones among them', () => {
    const band = createBand()
    for (let i = 0; i < 5000; i++) {
      const isWild = i % 500 === 499
      assert.ok(band.take(isWild ? 1e30 : usual()), `${i}`)
    }
  })

  it('follows errors that grow slowly, and is left by such as grow fast', () => {
    const band = createBand()
    for (let i = 0; i < 3000; i++) assert.ok(band.take(usual() * (1 + i / 1500)))
    let held = 0
    while (held < 100 && band.take(20)) held++
    assert.ok(held < 20, `${held}`)
    band.forget()
    for (let i = 0; i < 60; i++) assert.ok(band.take(20), 'that is what is usual now')
  })
})
