import assert from 'node:assert/strict'
import fc from 'fast-check'
import { seattleWeather } from '../../src/cli/replay.ts'
import { DAY, HOUR, PLANT_START, PUMP_FAULT, type Sensor, simulatedPlant } from '../../src/cli/sensors.ts'
import type { Reading } from '../../src/forecast/types.ts'

function take(sensor: Sensor, count: number): (Reading | null)[] {
  return Array.from({ length: count }, () => sensor.next())
}

function sensorOf(topic: string, seed = 1): Sensor {
  return simulatedPlant({ seed }).find((sensor) => sensor.topic === topic)!
}

const values = (readings: (Reading | null)[]): number[] =>
  readings.flatMap((reading) => (reading ? [reading.value] : []))

const mean = (numbers: number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length

/** Mean absolute difference of readings `lag` steps apart. */
function unlike(readings: (Reading | null)[], lag: number): number {
  const pairs = readings.slice(lag).flatMap((b, i) => {
    const a = readings[i]
    return a && b ? [Math.abs(b.value - a.value)] : []
  })
  return mean(pairs)
}

describe('simulated plant', () => {
  it('is the same for the same seed and another for another', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const read = (s: number) => simulatedPlant({ seed: s }).map((sensor) => take(sensor, 50))
        assert.deepEqual(read(seed), read(seed))
        assert.notDeepEqual(read(seed), read(seed + 1))
      }),
      { numRuns: 20 },
    )
  })

  it('goes on by its period, over gaps too', () => {
    for (const sensor of simulatedPlant()) {
      for (const [step, reading] of take(sensor, 2000).entries()) {
        if (!reading) continue
        assert.equal(reading.time, PLANT_START + step * sensor.period)
        assert.ok(Number.isFinite(reading.value))
      }
    }
  })

  it('misses 1 to 3 % of its readings, some in bursts', () => {
    for (const sensor of simulatedPlant()) {
      const missing = take(sensor, 10_000).map((reading) => reading === null)
      const share = missing.filter(Boolean).length / missing.length
      assert.ok(share > 0.01 && share < 0.03, `${sensor.topic}: ${share}`)
      assert.ok(
        missing.some((gone, i) => gone && missing[i + 1]),
        `${sensor.topic}: no burst`,
      )
    }
  })

  it('repeats by day where it is patterned: yesterday is nearer than half a day ago', () => {
    for (const sensor of simulatedPlant().filter(({ patterned }) => patterned)) {
      const readings = take(sensor, 2000)
      const day = DAY / sensor.period
      assert.ok(unlike(readings, day) < 0.7 * unlike(readings, day / 2), sensor.topic)
    }
  })

  it('rests on Sunday', () => {
    const week = take(sensorOf('plant/hall/power'), (7 * DAY) / (HOUR / 4))
    const noon = (day: number) => mean(values(week.slice(day * 96 + 40, day * 96 + 60)))
    assert.ok(noon(6) < 0.5 * noon(5) && noon(5) < 0.8 * noon(2))
  })

  it('wears out, sticks and is repaired where the fault was put', () => {
    const readings = take(sensorOf('plant/pump/vibration'), PUMP_FAULT.repaired + 200)
    const { ramp, stuck, repaired } = PUMP_FAULT
    const before = mean(values(readings.slice(0, ramp)))
    assert.ok(mean(values(readings.slice(stuck - 20, stuck))) > before + 2)
    assert.equal(new Set(values(readings.slice(stuck, repaired))).size, 1)
    assert.ok(mean(values(readings.slice(repaired))) < before + 0.5)
  })

  it('walks at random on the line: the further, the less like it was', () => {
    const readings = take(sensorOf('plant/line/pressure'), 5000)
    assert.ok(unlike(readings, 1) < 0.5 * unlike(readings, 25))
    for (const value of values(readings)) assert.ok(value > 2.9 && value < 9.1)
  })
})

describe('Seattle weather', () => {
  it('begins with what was measured', async () => {
    const sensors = new Map((await seattleWeather()).map((sensor) => [sensor.topic, sensor]))
    const first = (topic: string) => sensors.get(`weather/seattle/${topic}`)!.next()
    assert.deepEqual(first('temperature'), { time: Date.UTC(2010, 0, 1, 1), value: 4 })
    assert.deepEqual(first('pressure'), { time: Date.UTC(2010, 0, 1, 1), value: 1016.6 })
    assert.deepEqual(first('temperature-max'), { time: Date.UTC(2012, 0, 1), value: 12.8 })
    assert.deepEqual(first('wind'), { time: Date.UTC(2012, 0, 1), value: 4.7 })
  })

  it('starts over with time that goes on', async () => {
    const sensor = (await seattleWeather()).find(({ topic }) => topic.endsWith('wind'))!
    const readings = take(sensor, 1461 + 2)
    assert.deepEqual(
      readings.slice(1461).map((reading) => reading!.value),
      readings.slice(0, 2).map((reading) => reading!.value),
    )
    for (const [step, reading] of readings.entries()) {
      assert.equal(reading!.time, Date.UTC(2012, 0, 1) + step * DAY)
    }
  })
})
