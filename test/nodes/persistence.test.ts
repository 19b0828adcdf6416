import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Forecast, ForecastModel, SnapshotTree } from '../../src/forecast/types.ts'
import { decodeSnapshot, encodeSnapshot } from '../../src/store/snapshot.ts'
import { model, node, out, readings, tab } from './flow.ts'
import { createRuntime, type Runtime } from './red.ts'

const alone = { ...node, model: '' }

function firstFit(model: ForecastModel): Promise<void> {
  return new Promise((resolve, reject) => {
    model.onChange(() => {
      if (model.training.state === 'failed') reject(model.training.error)
      if (model.training.state === 'fitted') resolve()
    })
  })
}

const two = (from: number, to: number) => [...readings('a', from, to), ...readings('b', from, to)]

describe('model and streams survive', () => {
  let red: Runtime
  const forecasts = (): Forecast[] => red.sent.map((msg) => msg.payload as Forecast)
  const files = (): string[] => {
    const folder = join(red.userDir, 'gruflow')
    return existsSync(folder) ? readdirSync(folder).sort() : []
  }
  const saved = (name: string): string => join(red.userDir, 'gruflow', name)

  /** Forecasts of readings 40–60 with `interrupt` before them. */
  async function forecastsAfter(flow: object[], interrupt: () => Promise<void>): Promise<Forecast[]> {
    await red.start(flow)
    await red.give('node', two(0, 40))
    const before = red.sent.length
    await interrupt()
    await red.give('node', two(40, 60))
    const result = forecasts().slice(before)
    await red.dispose()
    red = createRuntime()
    return result
  }

  beforeEach(() => {
    red = createRuntime()
  })
  afterEach(() => red.dispose())

  for (const [name, wired] of [
    ['a shared model', node],
    ['a model of its own', alone],
  ] as const) {
    const flow = wired === node ? [tab, model, node, out] : [tab, alone, out]

    it(`a restart with ${name}, as if it had never been`, async () => {
      const never = await forecastsAfter(flow, async () => {})
      assert.equal(never.length, 40)
      const restarted = await forecastsAfter(flow, async () => {
        await red.stop()
        await red.start(flow)
      })
      assert.deepEqual(restarted, never)
    })

    it(`a redeploy of the forecast node alone with ${name}`, async () => {
      const never = await forecastsAfter(flow, async () => {})
      const redeployed = await forecastsAfter(flow, async () => {
        const { host } = red.node('model') ?? {}
        const old = red.node('node')
        await red.deploy(flow.map((part) => (part === wired ? { ...wired, name: 'new' } : part)))
        assert.notEqual(red.node('node'), old)
        assert.equal(red.node('model')?.host, host, 'the model ran on')
      })
      assert.deepEqual(redeployed, never)
    })

    it(`a full deploy with ${name}`, async () => {
      const never = await forecastsAfter(flow, async () => {})
      const deployed = await forecastsAfter(flow, () => red.deploy(flow, 'full'))
      assert.deepEqual(deployed, never)
    })
  }

  for (const device of ['wasm', 'auto']) {
    it(`a restart of a fitted model on ${device}, as if it had never been`, async () => {
      const flow = [tab, { ...model, learn: true, device }, node, out]
      /** Forecasts of readings 100–130 after the first fit, with or without a restart before them. */
      async function life(restart: boolean): Promise<Forecast[]> {
        await red.start(flow)
        const fitted = firstFit(red.node('model').host!.model)
        await red.give('node', readings('a', 0, 100))
        await fitted
        if (restart) {
          await red.stop()
          await red.start(flow)
        }
        assert.equal(red.node('model').host!.model.version, 1)
        const before = red.sent.length
        await red.give('node', readings('a', 100, 130))
        assert.deepEqual(red.warnings, [])
        // Why it was that device may be known a little later.
        const result = forecasts()
          .slice(before)
          .map((forecast) => ({ ...forecast, deviceReason: '' }))
        await red.dispose()
        red = createRuntime()
        return result
      }

      const never = await life(false)
      assert.equal(never.length, 30)
      assert.ok(never.every(({ device }) => device !== 'none'))
      assert.ok(!never.some(({ reason }) => reason.includes('not been fitted')))
      assert.deepEqual(await life(true), never)
    })
  }

  it('with the streams of every node that uses it, closed in the same turn', async () => {
    const other = { ...node, id: 'other', y: 2 }
    await red.start([tab, model, node, other, out])
    await red.give('node', readings('a', 0, 10))
    await red.give('other', readings('b', 0, 10))
    await red.stop()
    const { streams } = decodeSnapshot(readFileSync(saved('model.snapshot'))) as unknown as {
      streams: [string, SnapshotTree][]
    }
    assert.deepEqual(streams.map(([id]) => id).sort(), ['node', 'other'])
  })

  it('being disabled, but not being deleted', async () => {
    await red.start([tab, model, node, { ...alone, id: 'alone' }, out])
    await red.give('node', readings('a', 0, 10))
    await red.give('alone', readings('a', 0, 10))
    await red.deploy([
      tab,
      { ...model, d: true },
      { ...node, d: true },
      { ...alone, id: 'alone', d: true },
      out,
    ])
    assert.deepEqual(files(), ['alone.snapshot', 'model.snapshot'])

    await red.deploy([tab, model, node, { ...alone, id: 'alone' }, out])
    const before = red.sent.length
    await red.give('node', readings('a', 10, 11))
    await red.give('alone', readings('a', 10, 11))
    assert.equal(red.sent.length, before + 2, 'both go on at once')

    await red.deploy([tab, model, out])
    assert.deepEqual(files(), ['model.snapshot'])
    await red.deploy([tab, out])
    assert.deepEqual(files(), [])
  })

  it('without the streams of a deleted node', async () => {
    await red.start([tab, model, node, out])
    await red.give('node', readings('a', 0, 10))
    await red.deploy([tab, model, out])
    await red.deploy([tab, model, node, out])
    const before = red.sent.length
    await red.give('node', readings('a', 10, 11))
    assert.equal(red.sent.length, before, 'it warms up anew')
  })

  it('without the streams of a node that uses another model now', async () => {
    const other = { ...model, id: 'other' }
    await red.start([tab, model, other, node, out])
    await red.give('node', readings('a', 0, 10))
    await red.deploy([tab, model, other, { ...node, model: 'other' }, out])
    await red.give('node', readings('a', 0, 10))
    await red.stop()
    const kept = ['model', 'other'].map((id) => {
      const { streams } = decodeSnapshot(readFileSync(saved(`${id}.snapshot`))) as unknown as {
        streams: [string, SnapshotTree][]
      }
      return streams.map(([of]) => of)
    })
    assert.deepEqual(kept, [[], ['node']])
  })

  describe('an unreadable snapshot, which is a warning and a fresh start', () => {
    const flow = [tab, model, node, out]

    async function restartWith(damage: (bytes: Buffer) => Uint8Array): Promise<void> {
      await red.start(flow)
      await red.give('node', readings('a', 0, 10))
      await red.stop()
      const file = saved('model.snapshot')
      writeFileSync(file, damage(readFileSync(file)))
      await red.start(flow)
    }

    it('when it is damaged', async () => {
      await restartWith((bytes) => bytes.subarray(0, 1000))
      assert.equal(red.warnings.length, 1)
      assert.match(
        red.warnings[0],
        /^model: model\.snapshot: snapshot is damaged: it has 1000 bytes .*; starting anew, a copy is kept as \.bak$/,
      )
      const before = red.sent.length
      await red.give('node', readings('a', 10, 18))
      assert.equal(red.sent.length, before + 1)
      await red.stop()
      assert.deepEqual(files(), ['model.snapshot', 'model.snapshot.bak'])
      assert.equal(readFileSync(saved('model.snapshot.bak')).length, 1000)
    })

    it('when another version wrote it', async () => {
      let newer: Uint8Array = new Uint8Array()
      await restartWith((bytes) => {
        newer = encodeSnapshot({ ...(decodeSnapshot(bytes) as object), version: 2 })
        return newer
      })
      assert.match(red.warnings[0], /model\.snapshot: saved by another version, 2, 1 is needed/)
      await red.give('node', readings('a', 10, 11))
      await red.stop()
      assert.deepEqual(new Uint8Array(readFileSync(saved('model.snapshot.bak'))), newer)
    })

    it('unless the generation before can be read', async () => {
      await red.start(flow)
      await red.give('node', readings('a', 0, 10))
      await red.stop()
      await red.start(flow)
      await red.give('node', readings('a', 10, 20))
      await red.stop()
      writeFileSync(saved('model.snapshot'), 'torn')
      await red.start(flow)
      assert.match(red.warnings[0], /only 4 bytes; going on from the generation before, a copy is kept/)
      const before = red.sent.length
      await red.give('node', readings('a', 10, 11))
      assert.equal(forecasts()[before].counts.accepted, 11)
    })

    it('when the settings do not fit it any more', async () => {
      await red.start(flow)
      await red.give('node', readings('a', 0, 10))
      await red.deploy([tab, { ...model, horizon: '4' }, node, out])
      assert.match(red.warnings[0], /model\.snapshot: saved model has horizon 6, 4 is needed; starting anew/)
      const before = red.sent.length
      await red.give('node', readings('a', 10, 18))
      assert.equal(forecasts()[before].mean.length, 4)
      await red.stop()
      assert.ok(files().includes('model.snapshot.bak'))
    })

    it('when only the settings of the streams changed, with the model kept', async () => {
      await red.start(flow)
      await red.give('node', readings('a', 0, 10))
      await red.deploy([tab, model, { ...node, period: '1', periodUnit: 'min' }, out])
      assert.match(
        red.warnings[0],
        /^model: the streams of this node start anew: saved streams have period null, 60000 is needed/,
      )
      await red.give('node', readings('a', 10, 18))
      assert.equal(forecasts().at(-1)!.counts.accepted, 8)
    })
  })

  it('go on with another coverage', async () => {
    await red.start([tab, model, node, out])
    await red.give('node', readings('a', 0, 10))
    await red.deploy([tab, model, { ...node, coverage: '0.5' }, out])
    await red.give('node', readings('a', 10, 11))
    assert.deepEqual(red.warnings, [])
    assert.equal(forecasts().at(-1)!.coverage, 0.5)
    assert.equal(forecasts().at(-1)!.counts.accepted, 11)
  })

  it('only in memory where there is no user directory', async () => {
    await red.start([tab, model, node, out], { userDir: undefined })
    await red.give('node', readings('a', 0, 8))
    await red.deploy([tab, model, { ...node, name: 'new' }, out])
    await red.give('node', readings('a', 8, 9))
    assert.equal(forecasts().at(-1)!.counts.accepted, 9)
    await red.stop()
    assert.deepEqual(files(), [])
  })

  it('under ids that would lead elsewhere', async () => {
    const id = '../../escape'
    await red.start([tab, { ...alone, id }, out])
    await red.give(id, readings('a', 0, 8))
    await red.stop()
    assert.equal(files().length, 1)
    assert.match(files()[0], /^[0-9a-f]{32}\.snapshot$/)
  })
})
