import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { sequence } from '../../src/engine/sequence.ts'
import type { PresetName } from '../../src/engine/spec.ts'
import { readModel } from '../../src/formats/read.ts'
import { flat, type Nested, readFixture } from '../conformance/cases.ts'

interface Outputs {
  readonly y?: Nested
  readonly hn?: Nested
  readonly out?: Nested
}

interface Reference {
  readonly same_inputs_as?: string
  readonly x: readonly (readonly Nested[])[]
  readonly h0?: Nested | null
  readonly expect: Outputs
  readonly expect_zero_h0?: Outputs
}

interface Run {
  readonly file: string
  readonly ref: string
  readonly preset?: PresetName
}

const { files, refs } = readFixture<{
  files: { file: string; expect_ref: string }[]
  refs: Record<string, Reference>
}>('weights/expected.json')
const tfjs = readFixture<Reference>('weights/tfjs_gru/expected.json')

/** The NumPy GRU's files do not say which of three it is. */
const NUMPY: readonly (readonly [ref: string, preset: PresetName])[] = [
  ['seed1_literal', 'numpyLiteral'],
  ['seed1_carried', 'numpy'],
  ['seed1_textbook', 'numpyTextbook'],
]
const runs = files.flatMap(({ file, expect_ref }): Run[] =>
  expect_ref === 'seed1_<variant>'
    ? NUMPY.map(([ref, preset]) => ({ file, ref, preset }))
    : [{ file, ref: expect_ref }],
)
const TOLERANCE = 1e-6

describe('weight files of the frameworks', () => {
  const report: string[] = []
  after(() => console.log(report.map((line) => `    ${line}`).join('\n')))

  for (const { file, ref, preset } of runs) {
    it(`${file} gives the numbers of ${ref}`, () => check(file, reference(ref), preset))
  }

  it('tfjs_gru/model.json gives the numbers of TensorFlow.js', () => check('tfjs_gru/model.json', tfjs))

  async function check(file: string, ref: Reference, preset?: PresetName): Promise<void> {
    const path = fileURLToPath(new URL(`../../../test/fixtures/weights/${file}`, import.meta.url))
    const { model, format } = await readModel(path, { preset })
    const { x, h0, expect, expect_zero_h0 } = ref
    const given = { batch: x.length, time: x[0].length }
    const run = (first: Nested | null | undefined): Outputs => {
      const { y, hn, out } = sequence(model, Float32Array.from(flat(x as Nested)), {
        ...given,
        h0: first ? Float32Array.from(flat(first)) : undefined,
      })
      return { y: [...y], hn: [...hn], out: out && [...out] }
    }
    const worst = Math.max(
      compare(run(h0), expect),
      expect_zero_h0 ? compare(run(undefined), expect_zero_h0) : 0,
    )
    report.push(`${format} ${file}${preset ? ` as ${preset}` : ''}: worst error ${worst.toExponential(1)}`)
  }
})

function reference(name: string): Reference {
  const ref = refs[name]
  return ref.same_inputs_as ? { ...refs[ref.same_inputs_as], expect_zero_h0: undefined, ...ref } : ref
}

/** The largest error of all that is expected. */
function compare(got: Outputs, want: Outputs): number {
  const errors = (['y', 'hn', 'out'] as const).map((name) => {
    if (want[name] === undefined) return 0
    const values = flat(got[name] ?? [])
    const expected = flat(want[name])
    assert.equal(values.length, expected.length, name)
    return values.reduce((worst, v, i) => Math.max(worst, Math.abs(v - expected[i])), 0)
  })
  const worst = Math.max(...errors)
  assert.ok(worst <= TOLERANCE, `off by ${worst}`)
  return worst
}
