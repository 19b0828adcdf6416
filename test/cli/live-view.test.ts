import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createTally } from '../../src/cli/live-tally.ts'
import { createLog, createScreen, type Shown, screenLines } from '../../src/cli/live-view.ts'
import { width } from '../../src/cli/printable.ts'
import { forecast, skipped } from './live.ts'

/** Characters that move a terminal's cursor or change what it shows. */
const CONTROL = /[\p{Cc}\p{Cf}]/u

function show(connection?: string): Shown {
  return {
    tally: createTally(500),
    model: { training: { state: 'waiting', have: 1, need: 96 } },
    connection: connection === undefined ? undefined : () => connection,
  }
}

function output(columns = 120, rows = 24) {
  const written: string[] = []
  let resized = (): void => {}
  return {
    written,
    resize: () => resized(),
    out: {
      isTTY: true,
      columns,
      rows,
      write: (text: string) => written.push(text),
      on: (_: 'resize', listener: () => void) => {
        resized = listener
      },
      off: () => {
        resized = () => {}
      },
    },
  }
}

describe('view of live forecasts', () => {
  describe('on a terminal', () => {
    it('has a line for each topic, below it the state of learning, the device and what is wrong', () => {
      const shown = show('MQTT broker mqtt://host: the connection was lost; trying again')
      shown.tally.take(forecast('b', 2))
      shown.tally.take(forecast('a', 1))
      shown.tally.take(skipped('\u001b[2J', 'invalid', 'payload is empty'))
      const [header, first, second, ...below] = screenLines(shown, 120, 24)
      assert.match(header, /^topic/)
      assert.match(first, /^a +1\.0 /)
      assert.match(second, /^b +2\.0 /)
      assert.deepEqual(below, [
        'GRU: the first fit needs 96 steps of one topic, 1 are there',
        'none: no GRU yet',
        '1 unusable, newest: \\u001b[2J: payload is empty',
        'MQTT broker mqtt://host: the connection was lost; trying again',
      ])
    })

    it('counts the topics that it has no room for', () => {
      const shown = show()
      for (let i = 0; i < 100; i++) shown.tally.take(forecast(`topic/${100 + i}`, i))
      const lines = screenLines(shown, 120, 12)
      assert.equal(lines.length, 11)
      assert.match(lines[7], /^topic\/106 /)
      assert.equal(lines[8], '… and 93 more topics')
    })

    it('is no higher and no wider than the terminal, and prints nothing else, whatever the topics', () => {
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.double({ noNaN: true }), fc.boolean())),
          fc.integer({ min: 1, max: 200 }),
          fc.integer({ min: 2, max: 40 }),
          (topics, columns, rows) => {
            const shown = show('x'.repeat(300))
            for (const [key, last, bad] of topics) {
              shown.tally.take(bad ? skipped(key, 'invalid', key) : forecast(key, last))
            }
            const lines = screenLines(shown, columns, rows)
            assert.ok(lines.length < rows)
            for (const line of lines) {
              assert.ok(width(line) < Math.max(columns, 2), line)
              assert.doesNotMatch(line, CONTROL)
            }
          },
        ),
      )
    })

    it('is drawn over itself, and anew when the terminal has changed its size', () => {
      const shown = show()
      shown.tally.take(forecast('a', 1))
      const { written, out, resize } = output()
      const view = createScreen(shown, out)
      view.draw()
      assert.match(written[0], /^topic/)
      assert.equal(written[0].split('\n').length - 1, 4)
      view.draw()
      assert.ok(written[1].startsWith('\u001b[4A\rtopic'))
      resize()
      view.draw()
      assert.deepEqual(written.slice(2), ['\u001b[H\u001b[2J', written[0]])
      view.end()
      assert.equal(written.length, 5)
      resize()
      assert.equal(written.length, 5, 'it no longer listens')
    })
  })

  describe('elsewhere', () => {
    it('has a line for each topic with something new, and what else has changed', () => {
      const shown = show()
      const { written, out } = output()
      const view = createLog(shown, out)
      assert.match(written.splice(0)[0], /^topic .*\n$/)
      shown.tally.take(forecast('a', 1))
      shown.tally.take(forecast('b', 2))
      view.draw()
      assert.match(written.splice(0)[0], /^a .*\nb .*\nGRU: the first fit .*\nnone: no GRU yet\n$/)
      view.draw()
      assert.deepEqual(written, [])
      shown.tally.take(forecast('b', 3))
      view.draw()
      assert.match(written[0], /^b +3\.0 .*\n$/)
    })

    it('gives every topic its turn', () => {
      const shown = show()
      const { written, out } = output()
      const view = createLog(shown, out)
      const names = Array.from({ length: 120 }, (_, i) => `topic/${100 + i}`)
      for (let turn = 0; turn < 3; turn++) {
        for (const name of names) shown.tally.take(forecast(name, turn))
        view.draw()
      }
      const lines = written.join('').split('\n')
      assert.deepEqual(
        new Set(lines.map((line) => /^topic\/\d+/.exec(line)?.[0]).filter(Boolean)),
        new Set(names),
      )
      for (const text of written) assert.ok(text.split('\n').length < 60)
    })
  })
})
