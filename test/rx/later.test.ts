import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { from, lastValueFrom, Observable, of, type Subscriber, take, toArray } from 'rxjs'
import { later } from '../../src/rx/later.ts'

/** Frames after which a letter's promise settles with the letter; x's rejects, s is no promise at all. */
const FRAMES: Record<string, number> = { a: 3, b: 3, q: 1, x: 2 }

interface Played {
  /** What came out, `#` an error and `|` the completion; what came in one frame in parentheses. */
  readonly marbles: string
  /** When the source was subscribed to and left. */
  readonly subscription: string
  readonly asked: string
}

/** Plays a source in marbles, in which every frame is one turn of the event loop. */
async function play(
  source: string,
  { maxWaiting, leave = Number.POSITIVE_INFINITY }: { maxWaiting?: number; leave?: number } = {},
): Promise<Played> {
  const due: { readonly frame: number; readonly settle: () => void }[] = []
  let frame = 0
  let asked = ''
  let now: string[] = []
  const line: string[] = []
  const subscription: string[] = []
  let input: Subscriber<string> | undefined

  const answer = (letter: string): string | Promise<string> => {
    asked += letter
    if (letter === 's') return letter
    if (letter === 't') throw new Error('thrown')
    return new Promise((resolve, reject) => {
      const settle = (): void => (letter === 'x' ? reject(new Error('rejected')) : resolve(letter))
      due.push({ frame: frame + FRAMES[letter], settle })
    })
  }
  const outcomes = new Observable<string>((subscriber) => {
    input = subscriber
    subscription.push('^')
    return () => subscription.push('-'.repeat(frame - 1), '!')
  })
    .pipe(later(answer, () => 'o', { maxWaiting }))
    .subscribe({
      next: (letter) => now.push(letter),
      error: () => now.push('#'),
      complete: () => now.push('|'),
    })
  for (; frame < source.length + 8; frame++) {
    const mark = source[frame] ?? '-'
    if (frame === leave) outcomes.unsubscribe()
    for (const one of due) if (one.frame === frame) one.settle()
    await turn()
    if (mark === '|') input?.complete()
    else if (mark === '#') input?.error(new Error('of the source'))
    else if (mark !== '-') input?.next(mark)
    line.push(now.length > 1 ? `(${now.join('')})` : (now[0] ?? '-'))
    now = []
  }
  return { marbles: line.join('').replace(/-+$/, ''), subscription: subscription.join(''), asked }
}

describe('later', () => {
  const check = async (
    source: string,
    subscription: string,
    marbles: string,
    options?: Parameters<typeof play>[1],
  ): Promise<string> => {
    const played = await play(source, options)
    assert.deepEqual(
      { marbles: played.marbles, subscription: played.subscription },
      { marbles, subscription },
    )
    return played.asked
  }

  it('gives what comes at once in the same turn', async () => {
    await check('s-ss-|', '^----!', 's-ss-|')
  })

  it('asks about each source at once, and answers in their order', async () => {
    await check('ab-----|', '^------!', '---ab--|')
    await check('aqs----|', '^------!', '---(aqs)---|')
  })

  it('completes when what is under way is answered', async () => {
    await check('a-b|', '^--!', '---a-(b|)')
  })

  it('passes the error of its source after what is under way', async () => {
    await check('a-b#', '^--!', '---a-(b#)')
  })

  it('makes an error of a promise that rejects, and of an answer that throws, in its turn', async () => {
    assert.equal(await check('axa------', '^--!', '---(a#)'), 'axa')
    assert.equal(await check('ata------', '^--!', '---(a#)'), 'ata')
  })

  it('drops what waits when nobody listens any more', async () => {
    await check('ab-b-----|', '^---!', '---a', { leave: 4 })
  })

  it('does not ask about sources beyond those that may wait, and says so in their turn', async () => {
    const asked = await check('abba---b-|', '^--------!', '---a(boo)-----(b|)', { maxWaiting: 2 })
    assert.equal(asked, 'abb')
  })

  it('asks nothing once nobody listens, though its source emits all in one turn', () => {
    const asked: number[] = []
    const answer = (n: number): number => asked.push(n)
    of(1, 2, 3)
      .pipe(
        later(answer, () => 0),
        take(1),
      )
      .subscribe()
    assert.deepEqual(asked, [1])
  })

  it('gives one outcome for each source in their order, however the answers come', async () => {
    const delays = fc.array(fc.option(fc.nat({ max: 5 }), { nil: undefined }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 1, max: 60 }), async (turns, maxWaiting) => {
        const asked = new Set<number>()
        const wait = async (n: number, count: number): Promise<number> => {
          for (let i = 0; i < count; i++) await turn()
          return n
        }
        const answer = (n: number): number | Promise<number> => {
          asked.add(n)
          const count = turns[n]
          return count === undefined ? n : wait(n, count)
        }
        const outcomes = await lastValueFrom(
          from(turns.keys()).pipe(
            later(answer, (n) => -n, { maxWaiting }),
            toArray(),
          ),
        )
        assert.deepEqual(
          outcomes,
          turns.map((_, n) => (asked.has(n) ? n : -n)),
        )
        assert.ok(asked.size >= Math.min(maxWaiting, turns.length))
      }),
      { numRuns: 100 },
    )
  })
})
