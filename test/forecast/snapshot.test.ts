import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createForecastModel } from '../../src/forecast/model.ts'
import { EXPERTS } from '../../src/forecast/tracker.ts'
import type { SnapshotTree } from '../../src/forecast/types.ts'
import { fitted, opener, run, TAUGHT, waves } from './fitted.ts'

type Tree = { readonly [name: string]: SnapshotTree }

describe('saved streams', () => {
  const open = opener()

  it('go on after a snapshot as if never stopped, bit for bit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 150 }), (stop) => {
        const readings = waves(200).filter((_, i) => i % 17 !== 3)
        const whole = run(open(fitted()), readings)
        const first = fitted()
        const before = open(first)
        run(before, readings.slice(0, stop))
        const second = fitted()
        second.restore(first.snapshot())
        const after = open(second)
        after.restore(before.snapshot())
        assert.deepEqual(run(after, readings.slice(stop)), whole.slice(stop))
      }),
      { numRuns: 20 },
    )
  })

  it('rebuild states from the window when the weights have changed: the same forecasts within rounding', () => {
    const readings = waves(130)
    const first = fitted()
    const streams = open(first)
    run(streams, readings.slice(0, 100))
    const saved = streams.snapshot() as { [name: string]: SnapshotTree }
    // Another fingerprint: the saved lanes must not be used.
    const rebuilt = open(fitted())
    rebuilt.restore({ ...saved, fingerprint: 1 })
    // What the GRU says: its share in the mixture begins anew.
    const changes = (snapshot: SnapshotTree): Float32Array => {
      const [stream] = (snapshot as { streams: { tracker: { mix: { waiting: Float32Array } } }[] }).streams
      const { waiting } = stream.tracker.mix
      const places = waiting.length / (EXPERTS.length + 1)
      const from = EXPERTS.indexOf('gru') * places
      return waiting.slice(from, from + places)
    }
    run(streams, readings.slice(100))
    run(rebuilt, readings.slice(100))
    const a = changes(streams.snapshot())
    const b = changes(rebuilt.snapshot())
    let spread = 0
    for (let i = 0; i < a.length; i++) {
      spread = Math.max(spread, Math.abs(a[i]))
      assert.ok(Math.abs(a[i] - b[i]) < 0.001, `${a[i]} against ${b[i]}`)
    }
    assert.ok(spread > 0.2, 'the net must have said something')
  })

  it('refuse snapshots of other options and torn ones', () => {
    const streams = open(fitted())
    run(streams, waves(20))
    const saved = streams.snapshot() as { [name: string]: SnapshotTree }
    const target = open(fitted(), { period: 1000 })
    assert.throws(() => target.restore(saved), /period null, 1000 is needed/)
    assert.throws(() => streams.restore({ ...saved, version: 1 }), /version 1, 3 is needed/)
    assert.throws(() => streams.restore(null), /version undefined/)
    const [stream] = saved.streams as { [name: string]: SnapshotTree }[]
    const { spread: _, ...torn } = stream
    assert.throws(
      () => streams.restore({ ...saved, streams: [torn] as SnapshotTree[] }),
      /saved stream "a": spread is missing/,
    )
    const gru = stream.gru as { [name: string]: SnapshotTree }
    const short = { ...stream, gru: { ...gru, lanes: (gru.lanes as SnapshotTree[]).slice(1) } }
    const restoreShort = (): void => streams.restore({ ...saved, streams: [stream, short] })
    assert.throws(restoreShort, /saved stream "a" has 3 lanes, 4 are needed/)
  })

  it('go on with another target coverage after a snapshot, without a warm-up', () => {
    const streams = open(fitted())
    const readings = waves(400)
    run(streams, readings.slice(0, 200))
    const narrow = open(fitted(), { coverage: 0.5 })
    narrow.restore(streams.snapshot())
    const [wide, half] = [streams, narrow].map((one) => run(one, readings.slice(200)))
    assert.ok(half.every((forecast, i) => forecast!.upper[0] < wide[i]!.upper[0]))
    assert.equal(half[0]?.coverage, 0.5)
  })

  it('go on with other coverages, and with the scores that were seen', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 300 }), fc.boolean(), (stop, fewer) => {
        const [before, after] = fewer ? [[0.9, 0.5, 0.2], [0.8]] : [[0.5], [0.95, 0.1]]
        const readings = waves(400)
        const streams = open(fitted(), { coverage: before })
        run(streams, readings.slice(0, stop))
        const others = open(fitted(), { coverage: after })
        others.restore(streams.snapshot())
        const expected = run(streams, readings.slice(stop))
        for (const [i, forecast] of run(others, readings.slice(stop)).entries()) {
          const { mean, skill, experts, counts } = expected[i]!
          assert.deepEqual([forecast!.mean, forecast!.skill], [mean, skill])
          assert.deepEqual([forecast!.experts, forecast!.counts], [experts, counts])
          assert.deepEqual(
            forecast!.intervals.map(({ coverage }) => coverage),
            after,
          )
          for (const { lower, upper } of forecast!.intervals) {
            assert.ok(lower.every((low, h) => low <= mean[h] && mean[h] <= upper[h]))
          }
        }
      }),
      { numRuns: 10 },
    )
  })

  /** Names of the parts of a tree, from the root on. */
  const paths = (tree: SnapshotTree, at: readonly string[] = []): string[][] =>
    typeof tree !== 'object' || tree === null || ArrayBuffer.isView(tree)
      ? []
      : Object.entries(tree).flatMap(([name, part]) => [[...at, name], ...paths(part, [...at, name])])

  const replaced = (
    tree: SnapshotTree,
    [name, ...rest]: readonly string[],
    part: SnapshotTree,
  ): SnapshotTree => {
    const copy = (Array.isArray(tree) ? [...tree] : { ...(tree as Tree) }) as { [name: string]: SnapshotTree }
    copy[name] = rest.length > 0 ? replaced(copy[name], rest, part) : part
    return copy as SnapshotTree
  }

  it('are refused whole where any part is of another kind, and what was there goes on', () => {
    const model = fitted()
    const streams = open(model)
    run(streams, waves(60), 'a')
    run(streams, waves(60), 'b')
    // A reading ahead that waits to be confirmed, and a stream whose period is not known yet.
    streams.push('b', 1, waves(1, 59)[0].time + 1e9)
    run(streams, waves(3), 'c')
    const saved = streams.snapshot()
    const wrong: SnapshotTree[] = ['text', true, { a: 1 }, [[1]], new Float32Array(3)]
    // These decide whether states are taken or made anew; and no net learns on here whose lanes were looked at.
    const free = /^(?:fingerprint|coverages)|learner\.lanes/
    const target = open(model)
    run(target, waves(40, 0, 2), 'a')
    const before = target.snapshot()
    for (const path of paths(saved)) {
      if (free.test(path.join('.'))) continue
      for (const part of wrong) {
        const found = path.reduce<SnapshotTree>((tree, name) => (tree as Tree)[name], saved)
        if (typeof found === typeof part && typeof found !== 'object') continue
        const torn = replaced(saved, path, part)
        assert.throws(
          () => target.restore(torn),
          (error: Error) => /^(?:saved |state must hold )/.test(error.message) && error.message.length < 200,
          `${path.join('.')} as ${JSON.stringify(part)}`,
        )
        assert.deepEqual(target.snapshot(), before)
      }
    }
    target.restore(saved)
    assert.deepEqual(target.snapshot(), saved)
  })

  it('are refused where grid, history and what waits contradict each other', () => {
    const streams = open(fitted())
    run(streams, waves(60))
    const saved = streams.snapshot() as Tree
    const [stream] = saved.streams as Tree[]
    const restore = (other: Tree) => (): void =>
      streams.restore({ ...saved, streams: [{ ...stream, ...other }] })
    const grid = stream.grid as Tree
    assert.throws(restore({ grid: { ...grid, period: 0 } }), /grid does not fit/)
    assert.throws(restore({ grid: { ...grid, period: Number.NaN } }), /grid does not fit/)
    assert.throws(restore({ grid: { ...grid, ahead: 5 } }), /grid and readings do not fit/)
    assert.throws(restore({ values: new Float64Array(0), observed: new Uint8Array(0) }), /do not fit/)
    assert.throws(restore({ values: new Float64Array(60).fill(Number.NaN) }), /has no values/)
    assert.throws(restore({ observed: new Uint8Array(59) }), /has no values/)
    assert.throws(restore({ pending: [[1], [2]] }), /saved stream "a": pending\.0\.1 /)
    assert.throws(restore({ key: 5 }), /^Error: saved streams have no key at place 0$/)
  })

  it('of another horizon or of other experts are refused', () => {
    const streams = open(fitted())
    run(streams, waves(60))
    const saved = streams.snapshot() as Tree
    const other = open(createForecastModel({ ...TAUGHT, horizon: 7 }))
    assert.throws(() => other.restore(saved), /^Error: saved streams have horizon 6, 7 is needed$/)
    const [stream] = saved.streams as Tree[]
    const tracker = stream.tracker as Tree
    const mix = { ...(tracker.mix as Tree), logs: new Float64Array(2) }
    assert.throws(
      () => streams.restore({ ...saved, streams: [{ ...stream, tracker: { ...tracker, mix } }] }),
      /^Error: saved stream "a": tracker\.mix\.logs does not fit$/,
    )
  })
})
