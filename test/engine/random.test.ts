import assert from 'node:assert/strict'
import { createRandom } from '../../src/engine/random.ts'

describe('createRandom', () => {
  it('is the Mersenne Twister: first and ten thousandth number of the C++ standard', () => {
    const random = createRandom(5489)
    assert.equal(random.bits(), 3499211612)
    for (let i = 2; i < 10_000; i++) random.bits()
    assert.equal(random.bits(), 4123659995)
  })

  it('draws the numbers of np.random.seed(0): random_sample and standard_normal', () => {
    const uniform = createRandom(0)
    assert.equal(uniform.uniform(), 0.5488135039273248)
    assert.equal(uniform.uniform(), 0.7151893663724195)
    const normal = createRandom(0)
    assert.ok(Math.abs(normal.normal() - 1.764052345967664) < 1e-15)
    assert.ok(Math.abs(normal.normal() - 0.4001572083672233) < 1e-15)
    assert.ok(Math.abs(normal.normal() - 0.9787379841057392) < 1e-15)
  })

  it('keeps to its ranges and moments', () => {
    const random = createRandom(3)
    const draws = 20_000
    const counts = [0, 0, 0]
    let sum = 0
    let squares = 0
    for (let i = 0; i < draws; i++) {
      counts[random.integer(5, 8) - 5] += 1
      const v = random.normal(10, 2)
      sum += v
      squares += (v - 10) ** 2
      const u = random.uniform(-3, -1)
      assert.ok(u >= -3 && u < -1)
    }
    assert.ok(
      counts.every((count) => Math.abs(count / draws - 1 / 3) < 0.02),
      String(counts),
    )
    assert.ok(Math.abs(sum / draws - 10) < 0.06)
    assert.ok(Math.abs(squares / draws - 4) < 0.15)
  })

  it('refuses a seed that is no whole number of 32 bits', () => {
    for (const seed of [-1, 1.5, 2 ** 32, Number.NaN]) {
      assert.throws(() => createRandom(seed), { name: 'RangeError', message: new RegExp(`got ${seed}`) })
    }
  })
})
