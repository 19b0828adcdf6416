import assert from 'node:assert/strict'
import fc from 'fast-check'
import { width } from '../../src/cli/printable.ts'
import { createProgress, duration, progressLine } from '../../src/cli/progress.ts'

const ERASE = '\r\u001b[K'

/** What is written, piece by piece. */
function output(
  isTTY: boolean,
  columns?: number,
): { written: string[]; isTTY: boolean; columns?: number; write(text: string): void } {
  const written: string[] = []
  return { written, isTTY, columns, write: (text) => void written.push(text) }
}

describe('progress', () => {
  it('is a bar drawn over itself on a terminal, not too often, and taken away at the end', () => {
    const out = output(true, 80)
    let now = 0
    const progress = createProgress(out, () => now)
    progress.show({ stage: 'fitting', share: 0, secondsLeft: 48.2, detail: 'epoch 1 of 20' })
    now = 99
    progress.show({ stage: 'fitting', share: 0.2, secondsLeft: 40 })
    now = 100
    progress.show({ stage: 'fitting', share: 0.5, secondsLeft: 20 })
    progress.show({ stage: 'forecasting', share: 0, secondsLeft: Number.NaN })
    progress.end()
    progress.end()
    assert.deepEqual(out.written, [
      `${ERASE}fitting      [------------------------]   0 % 48 s left epoch 1 of 20`,
      `${ERASE}fitting      [############------------]  50 % 20 s left`,
      `${ERASE}forecasting  [------------------------]   0 %`,
      ERASE,
    ])
  })

  it('is one line for each stage elsewhere', () => {
    const out = output(false)
    const progress = createProgress(out)
    for (const stage of ['fitting', 'fitting', 'forecasting', 'forecasting']) {
      progress.show({ stage, share: 0.5, secondsLeft: 1 })
    }
    progress.end()
    assert.deepEqual(out.written, ['fitting …\n', 'forecasting …\n'])
  })

  it('never fills a line, which would make the terminal begin another', () => {
    const step = fc.record({
      stage: fc.constantFrom('measuring', 'forecasting'),
      share: fc.double(),
      secondsLeft: fc.double(),
      detail: fc.string(),
    })
    fc.assert(
      fc.property(step, fc.integer({ min: 13, max: 200 }), (shown, columns) => {
        assert.ok(width(progressLine(shown, columns)) < columns)
      }),
    )
  })

  it('says durations as a person does', () => {
    assert.deepEqual([-1, 0.031, 9.9, 48.4, 99.4, 100, 5900, 12_600].map(duration), [
      '0.0 s',
      '0.031 s',
      '9.9 s',
      '48 s',
      '99 s',
      '2 min',
      '98 min',
      '3.5 h',
    ])
  })
})
