import { serve } from '../../../src/learn/serve.ts'
import { progressOf, resultOf } from '../jobs.ts'

// The part of the WebAssembly interface used here; TypeScript has it only among the browser's types.
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number }) => { grow(pages: number): number }
}

/** Behaves as the job's seed says. */
serve(({ seed }, { onProgress, cancelled }) => {
  onProgress?.(progressOf(seed))
  switch (seed) {
    case 1:
      throw new RangeError('no series is long enough')
    case 2:
      process.exit(3)
      break
    case 3:
      for (;;);
    case 4:
      while (!cancelled?.());
      throw new DOMException('the fit was cancelled', 'AbortError')
    case 5: {
      const hoard: number[][] = []
      for (;;) hoard.push(Array.from({ length: 1000 }, (_, i) => i + 0.5))
    }
    case 6:
      throw 'a bare word'
    case 7:
      queueMicrotask(() => {
        throw new Error('out of band')
      })
      for (let end = performance.now() + 5; performance.now() < end; );
      break
    case 8:
      new WebAssembly.Memory({ initial: 1, maximum: 2 }).grow(2)
      break
    case 9:
      new ArrayBuffer(2 ** 50)
  }
  return resultOf(Float32Array.of(seed))
})
