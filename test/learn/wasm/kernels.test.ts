import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Arena, BYTES, createArena } from '../../../src/learn/wasm/arena.ts'
import { intervalLoss } from '../segment/oracle.ts'
import { builds } from './builds.ts'

const TAIL = 0.05
const WEIGHT = 2
/** Values of one part of a row. */
const PART = 8

/** Runs the kernel on one row a target; `out` has the mean and both sides of each, PART times. */
function intervalError(
  { kernels, take, view }: Arena,
  means: number[],
  lower: number[],
  upper: number[],
  target: number[],
  share: number[],
): { loss: number; gradients: Float32Array; out: Float32Array } {
  const rows = Math.ceil(means.length / PART)
  const [outAt, targetAt, shareAt, gradientsAt] = [3, 1, 1, 3].map((parts) => take(parts * rows * PART))
  const out = view(outAt, 3 * rows * PART)
  for (const [i, mean] of means.entries()) {
    const at = Math.floor(i / PART) * 3 * PART + (i % PART)
    out[at] = mean
    out[at + PART] = lower[i]
    out[at + 2 * PART] = upper[i]
  }
  view(targetAt, rows * PART).set(target)
  view(shareAt, rows * PART).set(share)
  const [bytes, stride] = [PART * BYTES, 3 * PART * BYTES]
  const loss = kernels.intervalError(rows, bytes, outAt, stride, targetAt, shareAt, TAIL, WEIGHT, gradientsAt)
  return { loss, gradients: view(gradientsAt, 3 * rows * PART), out }
}

for (const build of builds) {
  describe(`kernels of the segment net, ${build}`, () => {
    const open = (): Arena => createArena(build)
    const seeds = [1, -77, 123456789, 2 ** 31 - 1] as const
    const dropped = (arena: Arena, count: number, share: number, [a, b, c, d]: readonly number[] = seeds) => {
      const at = arena.take(count)
      arena.view(at, count).fill(1)
      arena.kernels.drop(count, at, a, b, c, d, Math.round(share * 2 ** 24), 1 / (1 - share))
      return arena.view(at, count).slice()
    }

    it('drop the share they are asked to, and make up for it', () => {
      const count = 400_000
      const arena = open()
      for (const share of [0.1, 0.3, 0.75]) {
        const values = dropped(arena, count, share)
        const gain = Math.fround(1 / (1 - share))
        assert.ok(values.every((v) => v === 0 || v === gain))
        const found = values.filter((v) => v === 0).length / count
        // Five standard deviations of a binomial share.
        assert.ok(
          Math.abs(found - share) < 5 * Math.sqrt((share * (1 - share)) / count),
          `${found} for ${share}`,
        )
      }
      assert.ok(dropped(arena, 64, 0).every((v) => v === 1))
    })

    it('drop the same for the same seeds, and something else for others', () => {
      const arena = open()
      const mask = dropped(arena, 4096, 0.5)
      assert.deepEqual(dropped(arena, 4096, 0.5), mask)
      for (let i = 0; i < 4; i++) {
        const others = seeds.map((seed, j) => (i === j ? seed ^ 6 : seed))
        const other = dropped(arena, 4096, 0.5, others)
        // Each generator has every fourth value.
        for (let j = 0; j < 4; j++) {
          const differ = other.filter((v, k) => k % 4 === j && v !== mask[k]).length
          assert.ok(i === j ? differ > 400 : differ === 0, `${differ} values of generator ${j}, seed ${i}`)
        }
      }
    })

    it('drop each value independently of the one before', () => {
      const mask = dropped(open(), 200_000, 0.5)
      for (const distance of [1, 4, 64, 512]) {
        const both =
          mask.filter((v, i) => v !== 0 && mask[i + distance] > 0).length / (mask.length - distance)
        assert.ok(Math.abs(both - 0.25) < 0.005, `${both} at distance ${distance}`)
      }
    })

    it('have the loss of the interval and its gradient as the formula has them', () => {
      const number = fc.float({ min: -30, max: 30, noNaN: true })
      const positive = fc.float({ min: 0, max: 4, noNaN: true })
      fc.assert(
        fc.property(
          fc.array(fc.tuple(number, number, number, number, positive), {
            minLength: PART,
            maxLength: 5 * PART,
          }),
          (rows) => {
            const whole = rows.slice(0, rows.length - (rows.length % PART))
            const [means, lower, upper, target, share] = [0, 1, 2, 3, 4].map((k) =>
              whole.map((row) => row[k]),
            )
            const { loss, gradients, out } = intervalError(open(), means, lower, upper, target, share)
            const expected = new Float64Array(out.length)
            const { error } = intervalLoss(PART, Float64Array.from(out), { target, share }, expected)
            assert.ok(Math.abs(loss - error) <= 1e-6 * (1 + error), `loss ${loss}, ${error}`)
            for (const [i, exact] of expected.entries()) {
              // Where the truth lies on the limit but for rounding, either slope is right.
              const row = Math.floor(i / (3 * PART)) * PART + (i % PART)
              const side = Math.floor((i % (3 * PART)) / PART)
              const width = Math.log1p(Math.exp(-Math.abs(out[i]))) + Math.max(out[i], 0)
              const beyond = (side === 1 ? 1 : -1) * (means[row] - target[row])
              if (side > 0 && Math.abs(beyond - width) < 1e-5 * (1 + width)) continue
              const wrong = Math.abs(gradients[i] - exact)
              assert.ok(wrong < 1e-6 * (1 + share[row]), `gradient ${gradients[i]}, ${exact} at ${i}`)
            }
          },
        ),
        { numRuns: 200 },
      )
    })

    it('have the loss of the interval for the largest values: never NaN, no gradient without a share', () => {
      const extreme = [1e30, -1e30, 3.4e38, -3.4e38, 1e-40, 0, -0, 88, -104, 1]
      fc.assert(
        fc.property(
          fc.array(fc.tuple(...[0, 1, 2, 3].map(() => fc.constantFrom(...extreme))), {
            minLength: PART,
            maxLength: PART,
          }),
          fc.constantFrom(0, 1e-30, 0.01, 1),
          (rows, share) => {
            const [means, lower, upper, target] = [0, 1, 2, 3].map((k) => rows.map((row) => row[k]))
            const shares = rows.map(() => share)
            const { loss, gradients } = intervalError(open(), means, lower, upper, target, shares)
            assert.ok(
              gradients.every((g) => Math.abs(g) <= WEIGHT * share),
              gradients.join(),
            )
            // Between the largest values of either sign the error is beyond float32, and the update is left out.
            const apart = means.some((mean, i) => !Number.isFinite(Math.fround(mean - target[i])))
            if (!apart) assert.ok(Number.isFinite(loss) && (share > 0 || loss === 0), `loss ${loss}`)
          },
        ),
        { numRuns: 300 },
      )
    })

    it('scale some columns of rows and leave the others', () => {
      const arena = open()
      const [rows, cols] = [5, 16]
      const at = arena.take(rows * cols)
      const values = arena.view(at, rows * cols)
      for (const i of values.keys()) values[i] = i + 1
      arena.kernels.scaleRows(rows, 8 * BYTES, at + 4 * BYTES, cols * BYTES, 0.5)
      const expected = Float32Array.from(
        values,
        (_, i) => (i + 1) * (i % cols >= 4 && i % cols < 12 ? 0.5 : 1),
      )
      assert.deepEqual(values, expected)
    })
  })
}
