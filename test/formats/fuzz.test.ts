import assert from 'node:assert/strict'
import { type Failure, fuzz, type Report } from './fuzz/run.ts'

const MUTATED = 2000
const TRUNCATED = 15_000

describe('hostile files', () => {
  for (const [inputs, count] of [
    ['mutated', MUTATED],
    ['truncated', TRUNCATED],
  ] as const) {
    it(`are read or refused in one sentence: ${inputs}`, async () => {
      const kinds = new Map<string, number>()
      const tell = (reports: readonly Report[]): void => {
        for (const { kind } of reports) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
      }
      const failures = await fuzz({ inputs, seed: 1, from: 0, to: count, onReports: tell })
      assert.deepEqual(failures, [] satisfies Failure[])
      assert.equal(
        [...kinds.values()].reduce((sum, n) => sum + n, 0),
        count,
      )
      // Else nothing but the first check has been tried.
      if (inputs === 'mutated') assert.ok(kinds.get('model')! > count / 100, `${kinds.get('model')} models`)
    })
  }
})
