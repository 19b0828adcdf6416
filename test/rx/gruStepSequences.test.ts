import assert from 'node:assert/strict'
import fc from 'fast-check'
import { from, type Observable, of, Subject } from 'rxjs'
import { initialise } from '../../src/engine/initialise.ts'
import { createModel } from '../../src/engine/model.ts'
import { sequence } from '../../src/engine/sequence.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { type GruStepOutcome, gruStep } from '../../src/rx/gruStep.ts'
import type { StepInput } from '../../src/rx/stepInput.ts'
import { close, collect, expected, model, type Source, selectors } from './steps.ts'

interface Starting extends Source {
  readonly state?: number[]
}

describe('gruStep', () => {
  it('takes a sequence as its steps one by one, on the state of its stream', () => {
    const number = fc.double({ noNaN: true, min: -5, max: 5 })
    const step = fc.tuple(number, number)
    const inputs = fc.array(fc.oneof(step, fc.array(step, { minLength: 1, maxLength: 5 })), { maxLength: 12 })
    fc.assert(
      fc.property(inputs, (mixed) => {
        const settings = { model, input: (x: StepInput) => x, hidden: true }
        const outcomes = collect(from(mixed as StepInput[]).pipe(gruStep(settings)))
        const isSequence = (x: (typeof mixed)[number]): x is [number, number][] => Array.isArray(x[0])
        const single = collect(
          from(mixed.flatMap((x): StepInput[] => (isSequence(x) ? x : [x]))).pipe(gruStep(settings)),
        )
        let next = 0
        mixed.forEach((x, n) => {
          const taken = single.slice(next, next + (isSequence(x) ? x.length : 1))
          next += taken.length
          assert.deepEqual(outcomes[n].outputs, isSequence(x) ? taken.map(({ output }) => output) : undefined)
          assert.deepEqual(outcomes[n].output, taken.at(-1)!.output)
          assert.deepEqual(outcomes[n].hidden, taken.at(-1)!.hidden)
        })
      }),
      { numRuns: 50 },
    )
  })

  it('takes steps from the state given with a source, and goes on from there', () => {
    const state = [0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7, -0.8]
    const x = [1, 2]
    const sources = [
      { x },
      { x, state },
      { x },
      { x, state: [1] },
      { x, state: [...state.slice(1), '1'] },
      { x },
    ]
    const outcomes = collect(
      from(sources as Starting[]).pipe(
        gruStep({ model, ...selectors, state: (source: Starting) => source.state, hidden: true }),
      ),
    )
    const begun = collect(
      of(x, x, x).pipe(gruStep({ model, input: (step) => step, h0: state, hidden: true })),
    )
    assert.deepEqual([outcomes[1].hidden, outcomes[2].hidden], [begun[0].hidden, begun[1].hidden])
    assert.equal(outcomes[3].skipped?.message, 'state must hold 8 numbers, got 1')
    assert.equal(outcomes[4].skipped?.message, 'state must hold finite numbers, got "1" at index 7')
    assert.deepEqual(outcomes[5].hidden, begun[2].hidden, 'refused ones change nothing')
  })

  it('scales inputs before the model and its projection after', () => {
    const inputs = [{ mean: 20, std: 4 }, { mean: 1013.25 }]
    const outputs = [{ mean: 20, std: 4 }, {}, { std: 0.5 }]
    const raw = [
      [23.7, 1011.1],
      [19.1, 1014.9],
    ]
    const scaled = raw.map((x) => x.map((v, i) => (v - inputs[i].mean) / (inputs[i].std ?? 1)))
    const plain = expected(model, scaled)
    for (const sources of [raw, [raw]] as StepInput[][]) {
      const outcomes = collect(
        from(sources).pipe(gruStep({ model, input: (x) => x, preprocessing: { inputs, outputs } })),
      )
      const [a, b, c] = plain[1]
      close(outcomes.at(-1)!.output, [a * 4 + 20, b, c * 0.5])
    }
  })

  it('refuses what overflows on the way in or out, and changes no state', () => {
    const preprocessing = { inputs: [{ std: 1e-30 }, {}], outputs: [{ mean: 3e38, std: 1e38 }, {}, {}] }
    const huge = createModel(model.spec, model.weights.slice().fill(10, -3))
    const settings = { model: huge, input: (x: StepInput) => x }
    const invalid = (of: Observable<GruStepOutcome<StepInput>>): string[] =>
      collect(of).map(({ skipped }) => skipped?.message ?? '')
    assert.deepEqual(invalid(of([1e9, 1]).pipe(gruStep({ ...settings, preprocessing }))), [
      'input must hold finite numbers, got 1000000000 at index 0',
    ])
    const overflowing = gruStep<StepInput>({ ...settings, preprocessing: { outputs: preprocessing.outputs } })
    assert.deepEqual(invalid(of([1, 1]).pipe(overflowing)), ['the model gave Infinity for this input'])

    // Outputs of 0 stay in range, others do not.
    const spec = gruSpec({ inputSize: 1, hiddenSize: 1, outputSize: 1 })
    const bare = initialise(spec, { seed: 3 })
    const weights = bare.weights.slice()
    weights.set([3e38, 0], weights.length - 2)
    const outputs = [{ std: 2 }]
    const steep = {
      model: createModel(spec, weights),
      input: (x: StepInput) => x,
      preprocessing: { outputs },
    }
    const h0 = [0.1]
    const answers = collect(
      of<StepInput[]>([0], [[0], [1e6]], [0]).pipe(gruStep({ ...steep, h0, hidden: true })),
    )
    const without = collect(of<StepInput[]>([0], [0]).pipe(gruStep({ ...steep, h0, hidden: true })))
    assert.equal(answers[1].skipped?.reason, 'invalid')
    assert.ok(without[1].hidden)
    assert.deepEqual(answers[2].hidden, without[1].hidden)
  })

  it('runs a bidirectional model over whole sequences only, each from the beginning', () => {
    const both = initialise(gruSpec({ inputSize: 2, hiddenSize: 4, layers: 2, direction: 'bidirectional' }))
    const steps = [
      [1, 2],
      [3, 4],
      [5, 6],
    ]
    const h0 = Float32Array.from({ length: 16 }, (_, i) => i / 20)
    const { y, hn } = sequence(both, Float32Array.from(steps.flat()), { batch: 1, time: 3, h0 })
    const outcomes = collect(
      of<StepInput[]>(steps, [1, 2], steps).pipe(gruStep({ model: both, input: (x) => x, h0, hidden: true })),
    )
    assert.equal(
      outcomes[1].skipped?.message,
      'a bidirectional model needs a whole sequence, an array of steps',
    )
    for (const { output, outputs, hidden } of [outcomes[0], outcomes[2]]) {
      assert.deepEqual(outputs, [y.slice(0, 8), y.slice(8, 16), y.slice(16)])
      assert.deepEqual(output, y.slice(16))
      assert.deepEqual(hidden, hn)
    }
  })

  it('names the streams it forgets for others', () => {
    const evicted: string[] = []
    const sources = ['a', 'b', 'a', 'c'].map((key) => ({ key, x: [1, 2] }))
    const onEvict = (key: string): number => evicted.push(key)
    collect(from(sources).pipe(gruStep({ model, ...selectors, maxStreams: 2, onEvict })))
    assert.deepEqual(evicted, ['b'])
  })

  it('may be sent more while its caller hears of a stream that was forgotten', () => {
    const subject = new Subject<Source>()
    const onEvict = (key: string): void => {
      if (key === 'a') subject.next({ key: 'b', x: [-5, 3] })
    }
    const outputs: number[][] = []
    subject
      .pipe(gruStep({ model, ...selectors, maxStreams: 1, onEvict }))
      .subscribe(({ output }) => outputs.push(Array.from(output!)))
    subject.next({ key: 'a', x: [1, 2] })
    subject.next({ key: 'c', x: [2, 1] })
    assert.deepEqual(outputs, [
      ...expected(model, [[1, 2]]),
      ...expected(model, [[-5, 3]]),
      ...expected(model, [[2, 1]]),
    ])
  })

  it('keeps streams apart, whatever its caller does on hearing of one that was forgotten', () => {
    const sources = ['a', 'b', 'c', 'c', 'b'].map((key) => ({ key, x: [1, 2] }))
    const onEvict = (key: string): void => {
      throw new Error(`${key} is gone`)
    }
    const outcomes = collect(from(sources).pipe(gruStep({ model, ...selectors, maxStreams: 2, onEvict })))
    const [first, second] = expected(model, [
      [1, 2],
      [1, 2],
    ])
    assert.deepEqual(
      outcomes.map(({ output, skipped }) => skipped?.message ?? Array.from(output!)),
      [first, first, 'a is gone', second, second],
    )
  })
})
