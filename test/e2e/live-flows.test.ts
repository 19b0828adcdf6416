import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Broker } from '../../src/cli/broker.ts'
import { packageRoot } from '../../src/cli/package.ts'
import type { Scores } from '../../src/forecast/score.ts'
import { brokers } from './brokers.ts'
import { type Inbox, openInbox } from './inbox.ts'
import { type Linked, startLinked } from './linked.ts'
import { brokerNode, type FlowNode, watched } from './watched.ts'

/** One Node-RED with one of the sample flows, and what its debug nodes show under `seen/` and their names. */
function sample(name: string, tests: (flow: Running) => void): void {
  describe(`the sample flow: ${name}`, () => {
    const flow: FlowNode[] = JSON.parse(
      readFileSync(join(packageRoot, 'flows/04-live', `${name}.json`), 'utf8'),
    )
    let nodeRed: Linked
    let broker: Broker
    let inbox: Inbox
    const shown = (topic: string): string[] =>
      inbox.messages.filter((message) => message.topic === `seen/${topic}`).map(({ payload }) => payload)

    before(async () => {
      broker = await brokers[0].open!()
      inbox = await openInbox(broker.url, ['seen/#'])
      nodeRed = await startLinked()
      await nodeRed.deploy([...watched(flow), brokerNode(broker.port)])
    })
    after(async () => {
      await nodeRed?.dispose()
      await inbox?.close()
      await broker?.close()
    })

    tests({
      shown,
      async until(topic, matches) {
        const seen = await inbox.until(
          (message) =>
            message.topic === 'seen/errors' ||
            (message.topic === `seen/${topic}` && matches(message.payload)),
        )
        assert.equal(seen.topic, `seen/${topic}`, seen.payload)
        return seen.payload
      },
      async press(button) {
        const { id } = flow.find((node) => node.type === 'inject' && node.name === button)!
        const response = await fetch(`${nodeRed.url}/inject/${id}`, { method: 'POST' })
        assert.equal(response.status, 200)
      },
    })

    it('says nothing of errors, and is in the menu of examples', async () => {
      assert.deepEqual(shown('errors'), [])
      const url = encodeURI(`${nodeRed.url}/library/examples/flows/@gruflow/node-red-gru/04-live/${name}`)
      assert.deepEqual(await (await fetch(url)).json(), flow)
    })
  })
}

interface Running {
  /** What a debug node has shown so far. */
  shown(debug: string): string[]
  /** Waits until a debug node shows what matches; fails when the flow has an error before. */
  until(debug: string, matches: (payload: string) => boolean): Promise<string>
  /** Presses the button of an inject node. */
  press(inject: string): Promise<void>
}

sample('01 Many topics', ({ until }) => {
  it('lists the hottest of a hundred topics', async () => {
    const full = (payload: string): boolean => JSON.parse(payload).topics === 100
    const { hottest } = JSON.parse(await until('hottest', full)) as {
      hottest: { topic: string; now: number; then: number; from: number; to: number }[]
    }
    assert.equal(hottest.length, 5)
    for (const [i, { topic, now, then, from, to }] of hottest.entries()) {
      assert.match(topic, /^plant\/line\d+\/motor\d\/temperature$/)
      assert.ok(now > 40 && now < 120 && from <= then && then <= to, JSON.stringify(hottest[i]))
      assert.ok(i === 0 || then <= hottest[i - 1].then, 'hottest first')
    }
  })

  it('warns of one before it is too hot', async () => {
    const warning = await until('warnings', () => true)
    const [, now, minutes] =
      /^plant\S+: ([\d.]+) °C now, above 75 °C in (\d+) minutes$/.exec(warning) ?? assert.fail(warning)
    assert.ok(Number(now) <= 75 && Number(minutes) >= 1 && Number(minutes) <= 24, warning)
  })
})

sample('02 Anomaly alarm', ({ shown, until, press }) => {
  it('gives no alarm while the pump works', async () => {
    await until('forecasts', (text) => /anomaly \d+ %$/.test(text))
    assert.deepEqual(shown('alarm'), [])
  })

  it('gives an alarm when it wears out', async () => {
    await press('the pump wears out')
    const alarm = await until('alarm', () => true)
    const [, value, expected, lower, likelihood] =
      /^plant\/pump\/pressure: ([\d.]+) bar where ([\d.]+) was expected \(([\d.]+) to [\d.]+\), anomaly ([\d.]+) %$/.exec(
        alarm,
      ) ?? assert.fail(alarm)
    assert.ok(Number(value) < 4 && Number(lower) <= Number(expected), alarm)
    assert.ok(Number(likelihood) > 90, alarm)
  })
})

sample('03 How good is it', ({ shown, until }) => {
  const newest = (topic: string): Promise<string> =>
    until('all figures', (payload) => JSON.parse(payload).key === topic && JSON.parse(payload).matured > 400)

  it('shows that what repeats can be forecast, in numbers', async () => {
    const scores = JSON.parse(await newest('site/light')) as Scores
    const { skill, mae, mase, width, coverage, measuredCoverage, readings, firstStep, lastStep } = scores
    assert.ok(skill! > 0.5, `skill ${skill}`)
    assert.ok(mae! > 0 && mase! > 0 && width! > 0)
    assert.ok(coverage === 0.9 && measuredCoverage! > 0.8, `coverage ${measuredCoverage}`)
    assert.ok(firstStep.mae! > 0 && lastStep.mae! > 0)
    assert.equal(readings.forecast % 240, 0)
    assert.deepEqual([readings.late, readings.invalid], [0, 0])
  })

  it('shows that chance cannot be, with honest intervals, and better than by the day before', async () => {
    const { skill, seasonalSkill, measuredCoverage } = JSON.parse(await newest('site/price')) as Scores
    assert.ok(skill! > -0.2 && skill! < 0.2, `skill ${skill}`)
    assert.ok(seasonalSkill! > 0.2, `skill against the day before ${seasonalSkill}`)
    assert.ok(measuredCoverage! > 0.75, `coverage ${measuredCoverage}`)
  })

  it('says it in words', async () => {
    const text = await until('how good it is', (words) => words.includes('than a day before'))
    assert.match(text, /^site\/\w+: off by [\d.]+, \d+ % (better|worse) than the last value, /)
    assert.ok(shown('how good it is').length > 0)
  })
})
