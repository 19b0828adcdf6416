import assert from 'node:assert/strict'
import { createOutputs } from '../../nodes/forecastOutputs.ts'
import type { Message } from '../../nodes/red.ts'
import type { Scores } from '../../src/forecast/score.ts'
import { forecastOf, skipOf } from '../forecast/outcomes.ts'

const msg = { topic: 't', payload: 5, qos: 1 }
const anomaly = { expected: 20, lower: 19, upper: 21, likelihood: 0.99, flagged: true }
const payloadOf = (sent: unknown): Record<string, unknown> =>
  (sent as Message).payload as Record<string, unknown>

describe('outputs of gru-forecast', () => {
  it('are the forecast alone, with all that the message had', () => {
    const send = createOutputs({})
    const forecast = forecastOf({ key: 't', anomaly: { ...anomaly, flagged: false } })
    const { intervals, ...payload } = forecast
    assert.equal(intervals.length, 1)
    assert.deepEqual(send(msg, 't', { forecast }), { ...msg, payload })
    assert.deepEqual(msg, { topic: 't', payload: 5, qos: 1 })
  })

  it('have the intervals of several coverages', () => {
    const interval = { coverage: 0.9, measuredCoverage: null, lower: [0], upper: [1] }
    const intervals = [interval, { ...interval, coverage: 0.5 }]
    const sent = createOutputs({})(msg, 't', { forecast: forecastOf({ intervals }) })
    assert.deepEqual(payloadOf(sent).intervals, intervals)
  })

  it('are an alarm beside the forecast where one begins', () => {
    const forecast = forecastOf({ key: 't', last: 25, cutoff: 7000, anomaly })
    const sent = createOutputs({})(msg, 't', { forecast }) as Message[]
    assert.equal(sent.length, 3)
    assert.equal(payloadOf(sent[0]).last, 25)
    const { flagged, ...expected } = anomaly
    assert.ok(flagged)
    assert.deepEqual(sent[1], { ...msg, payload: { key: 't', time: 7000, value: 25, ...expected } })
    assert.equal(sent[2], null)
  })

  it('are metrics with each so many forecasts of a stream', () => {
    const send = createOutputs({ metricsEvery: 3, season: 2 })
    const told: (readonly [string, Scores])[] = []
    for (let i = 1; i <= 7; i++) {
      for (const key of ['a', 'b']) {
        const forecast = forecastOf({ key, last: i, mean: [i], cutoff: 1000 * i })
        const sent = send({ ...msg, topic: key }, key, { forecast })
        if (!Array.isArray(sent)) continue
        assert.equal(sent[1], null)
        assert.equal(sent[2].topic, key)
        told.push([key, sent[2].payload])
      }
      assert.equal(send(msg, 'a', { skipped: skipOf('late') }), undefined)
    }
    assert.deepEqual(
      told.map(([key, { readings, mae }]) => [key, readings.forecast, readings.late, mae]),
      [
        ['a', 3, 2, 1],
        ['b', 3, 0, 1],
        ['a', 6, 5, 1],
        ['b', 6, 0, 1],
      ],
    )
    assert.equal(told[3][1].seasonalSkill, 1 - 1 / 2, 'against the season of the model')
  })

  it('are never metrics where these are off', () => {
    const send = createOutputs({ metricsEvery: 0 })
    for (let i = 1; i <= 120; i++) {
      const sent = send(msg, 't', { forecast: forecastOf({ cutoff: 1000 * i }) })
      assert.ok(!Array.isArray(sent))
    }
  })
})
