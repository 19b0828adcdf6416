import assert from 'node:assert/strict'
import { once } from 'node:events'
import fc from 'fast-check'
import {
  BehaviorSubject,
  from,
  lastValueFrom,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  startWith,
  take,
  toArray,
} from 'rxjs'
import type { DeviceChoice } from '../../src/engine/device.ts'
import { initialise } from '../../src/engine/initialise.ts'
import { reference } from '../../src/engine/reference.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { wasm } from '../../src/engine/wasm/wasm.ts'
import type { Answer, OnDevice, Running, Step, StepInput } from '../../src/index.ts'
import { type GruStepOptions, type GruStepOutcome, gruStep } from '../../src/rx/gruStep.ts'
import { close, collect, model, type Source, selectors } from './steps.ts'

interface Starting {
  readonly key: string
  readonly x?: StepInput
  readonly state?: number[]
  readonly reset?: boolean | 'all'
}

const options: GruStepOptions<Starting> = {
  model,
  key: ({ key }) => key,
  input: ({ x = [] }) => x,
  state: ({ state }) => state,
  reset: ({ reset = false }) => reset,
  hidden: true,
  maxStreams: 3,
}
const settled = <T>(outcomes: Observable<T>): Promise<T[]> => lastValueFrom(outcomes.pipe(toArray()))

describe('gruStep on a device whose answers come later', () => {
  it('gives what it gives in the same turn, whatever comes', async () => {
    const number = fc.double({ noNaN: true, min: -5, max: 5 })
    const step = fc.tuple(number, number)
    const key = fc.constantFrom('a', 'b', 'c', 'd', '__proto__')
    const state = fc.option(fc.array(number, { minLength: 7, maxLength: 8 }), { nil: undefined, freq: 4 })
    const x = fc.oneof(step, fc.array(step, { minLength: 1, maxLength: 5 }), fc.constant([Number.NaN, 1]))
    const source = fc.oneof(
      { weight: 10, arbitrary: fc.record({ key, x, state }) },
      { weight: 1, arbitrary: fc.record({ key, reset: fc.constantFrom(true, 'all' as const) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(source, { maxLength: 40 }), async (sources: Starting[]) => {
        const wanted = collect(from(sources).pipe(gruStep(options)))
        const outcomes = await settled(from(sources).pipe(gruStep({ ...options, device: 'auto' })))
        assert.equal(outcomes.length, wanted.length)
        outcomes.forEach((outcome, i) => {
          same(outcome, wanted[i])
          if (!outcome.skipped) assert.match(outcome.device, /^(cpu|gpu):/)
        })
      }),
      { numRuns: 20 },
    )
  })

  function same(outcome: GruStepOutcome<Starting>, wanted: GruStepOutcome<Starting>): void {
    assert.equal(outcome.source, wanted.source)
    assert.equal(outcome.key, wanted.key)
    assert.deepEqual(outcome.skipped, wanted.skipped)
    if (outcome.skipped || wanted.skipped) return
    close(outcome.output, wanted.output)
    close(outcome.hidden, wanted.hidden!)
    assert.equal(outcome.outputs?.length, wanted.outputs?.length)
    outcome.outputs?.forEach((output, t) => {
      close(output, wanted.outputs![t])
    })
  }

  it('says what ran and why', async () => {
    const sources: StepInput[] = [[1, 2], [[1, 2]]]
    for (const backend of [undefined, reference]) {
      const outcomes = collect(from(sources).pipe(gruStep({ model, input: (x) => x, backend })))
      for (const { device, deviceReason } of outcomes) {
        assert.deepEqual([device, deviceReason], [(backend ?? wasm).device, 'asked for'])
      }
    }
    const later = await settled(from(sources).pipe(gruStep({ model, input: (x) => x, device: 'auto' })))
    for (const { device, deviceReason } of later)
      assert.match(`${device} ${deviceReason}`, /^(cpu|gpu):\S+ .+/)
  })

  it('asks its selectors at once, and answers nothing in that turn', async () => {
    const sources = new Subject<number[]>()
    const asked: number[][] = []
    const outcomes: GruStepOutcome<number[]>[] = []
    const input = (x: number[]): number[] => {
      asked.push(x)
      return x
    }
    const ended = new Promise<void>((complete) => {
      sources
        .pipe(gruStep({ model, input, device: 'gpu' }))
        .subscribe({ next: (outcome) => outcomes.push(outcome), complete })
    })
    for (const x of [[1, 2], [1], [3, 4]]) sources.next(x)
    sources.complete()
    assert.deepEqual([asked.length, outcomes.length], [3, 0])
    await ended
    assert.deepEqual(
      outcomes.map(({ skipped }) => skipped?.reason),
      [undefined, 'invalid', undefined],
    )
  })

  it('drops what waits when nobody listens any more', async () => {
    const outcomes: unknown[] = []
    const steps = gruStep<number[]>({ model, input: (x) => x, device: 'auto' })
    NEVER.pipe(startWith([1, 2]), steps)
      .subscribe((outcome) => outcomes.push(outcome))
      .unsubscribe()
    await settled(of([1, 2]).pipe(steps))
    assert.deepEqual(outcomes, [])
    assert.equal((await settled(of([1, 2], [3, 4]).pipe(steps, take(1)))).length, 1)
  })

  it('says of sources beyond those that may wait that they are too many, and goes on', async () => {
    const many = 65_536
    const sources = [...Array.from({ length: many + 2 }, () => ({ key: 'a', x: [1, 2] })), { x: [1, 2] }]
    const small = initialise(gruSpec({ inputSize: 2, hiddenSize: 1 }))
    const steps = gruStep<Source>({ model: small, ...selectors, device: 'auto' })
    const outcomes = await settled(from(sources).pipe(steps))
    const refused = outcomes.filter(({ skipped }) => skipped)
    assert.deepEqual(
      refused.map(({ key, skipped }) => [key, skipped?.reason, skipped?.error?.message]),
      ['a', 'a', ''].map((key) => [key, 'overloaded', `${many} sources already wait for their outcome`]),
    )
    assert.deepEqual(outcomes.slice(many), refused)
  })

  it('is not changed by what a listener throws', async () => {
    const both = initialise(gruSpec({ inputSize: 2, hiddenSize: 4, direction: 'bidirectional' }))
    for (const [of, x] of [
      [model, [1, 2]],
      [both, [[1, 2]]],
    ] as const) {
      const warned = once(process, 'warning')
      const sources = new BehaviorSubject<StepInput>(x)
      const onDevice: OnDevice = ({ load }: Running): never => {
        throw new Error(`listener at fault after ${load.batch} at a time`)
      }
      const outcomes: GruStepOutcome<StepInput>[] = []
      const steps = gruStep<StepInput>({ model: of, input: (x) => x, device: 'gpu', onDevice })
      const listening = sources.pipe(steps).subscribe((outcome) => outcomes.push(outcome))
      const [{ message }] = (await warned) as [Error]
      assert.match(message, /^listener at fault after [01] at a time$/)
      while (outcomes.length === 0) await new Promise(setImmediate)
      listening.unsubscribe()
      const [outcome] = outcomes as readonly Answer<StepInput, Step>[]
      assert.equal(outcome.skipped, undefined)
    }
  })

  it('names the streams it forgets for others, whatever its caller does on hearing of it', async () => {
    const evicted: string[] = []
    const onEvict = (key: string): void => {
      evicted.push(key)
      throw new Error(`${key} is gone`)
    }
    const sources = ['a', 'b', 'a', 'c', 'c'].map((key) => ({ key, x: [1, 2] }))
    const settings = { model, ...selectors, maxStreams: 2, onEvict }
    const later = await settled(from(sources).pipe(gruStep<Source>({ ...settings, device: 'auto' })))
    assert.deepEqual(evicted, ['b'])
    const now = collect(from(sources).pipe(gruStep<Source>(settings)))
    later.forEach(({ output, skipped }, i) => {
      assert.equal(skipped?.message, now[i].skipped?.message)
      if (output) close(output, now[i].output!)
    })
  })

  it('runs whole sequences of a bidirectional model', async () => {
    const both = initialise(gruSpec({ inputSize: 2, hiddenSize: 4, layers: 2, direction: 'bidirectional' }))
    const steps = [
      [1, 2],
      [3, 4],
    ]
    const h0 = Float32Array.from({ length: 16 }, (_, i) => i / 20)
    const settings = { model: both, input: (x: StepInput) => x, h0, hidden: true }
    const heard: string[] = []
    const onDevice = ({ device, reason }: { device: string; reason: string }): unknown =>
      heard.push(`${device} ${reason}`)
    const sources = of<StepInput[]>(steps, [1, 2], steps)
    const later = await settled(sources.pipe(gruStep({ ...settings, device: 'auto', onDevice })))
    const now = collect(sources.pipe(gruStep(settings)))
    assert.equal(later[1].skipped?.message, now[1].skipped?.message)
    for (const i of [0, 2]) {
      close(later[i].output, now[i].output!)
      close(later[i].hidden, now[i].hidden!)
      assert.equal(later[i].outputs?.length, 2)
    }
    const { device, deviceReason } = later[0]
    assert.deepEqual(heard, [`${device} ${deviceReason}`], 'once, for nothing has changed')
  })

  it('refuses at construction what is no device, or contradicts a backend', () => {
    const input = (x: number[]): number[] => x
    assert.throws(() => gruStep({ model, input, device: 'tpu' as DeviceChoice }), {
      name: 'RangeError',
      message: 'device must be one of wasm, gpu, auto, got "tpu"',
    })
    assert.throws(() => gruStep({ model, input, device: 'gpu', backend: reference }), {
      name: 'RangeError',
      message: 'device gpu and the backend reference contradict each other',
    })
    const wanted = of([1, 2]).pipe(
      gruStep({ model, input, device: 'wasm', backend: reference }),
      map(() => 1),
    )
    assert.deepEqual(collect(wanted), [1])
  })
})
