import assert from 'node:assert/strict'
import { from, lastValueFrom, Subject, toArray } from 'rxjs'
import { initialise } from '../../src/engine/initialise.ts'
import { gruSpec } from '../../src/engine/spec.ts'
import { gruStep } from '../../src/rx/gruStep.ts'
import type { StepInput } from '../../src/rx/stepInput.ts'

describe('gruStep with sequences that wait', () => {
  it('refuses what would fill the memory of those that wait, and goes on', async () => {
    const wide = initialise(gruSpec({ inputSize: 1600, hiddenSize: 1, direction: 'bidirectional' }))
    const long = new Array<Float32Array>(10_000).fill(new Float32Array(1600))
    const sources = [long, long, long, long, long, [long[0]]]
    const outcomes = await lastValueFrom(
      from(sources).pipe(gruStep({ model: wide, input: (x) => x, device: 'gpu' }), toArray()),
    )
    assert.deepEqual(
      outcomes.map(({ skipped }) => skipped?.reason),
      [undefined, undefined, undefined, undefined, 'overloaded', undefined],
    )
    assert.match(outcomes[4].skipped?.error?.message ?? '', /hold as many numbers as they may$/)
  })

  it('runs whole sequences one after the other, in their order', async () => {
    const both = initialise(gruSpec({ inputSize: 2, hiddenSize: 128, direction: 'bidirectional' }))
    const long = new Array<number[]>(10_000).fill([1, 2])
    const sources = new Subject<StepInput>()
    let heard = 0
    const ended = new Promise<void>((complete) => {
      sources
        // One row at a time is too little for any GPU: WASM does it, in slices.
        .pipe(gruStep({ model: both, input: (x) => x, device: 'auto' }))
        .subscribe({ next: () => heard++, complete })
    })
    for (let i = 0; i < 4; i++) sources.next(long)
    sources.complete()
    let first = 0
    let turns = 0
    const count = (): void => {
      turns++
      if (heard === 1 && first === 0) first = turns
      if (heard < 4) setImmediate(count)
    }
    count()
    await ended
    // Side by side, all four would be answered at the end.
    assert.ok(first > 0 && first < turns / 2, `the first is answered in turn ${first} of ${turns}`)
  })
})
