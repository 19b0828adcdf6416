import { fileURLToPath } from 'node:url'
import { openChild } from './child.mjs'
import { RELAXED_SIMD } from './relaxed.mjs'

const SCRIPT = fileURLToPath(new URL('../fresh/contender.mjs', import.meta.url))

/**
 * Starts one contender in a Node.js of its own, because they disturb each other in one: typed arrays are a fifth
 * slower in a process where any WebAssembly memory has grown.
 *
 * @param source { file, variant } in `contenders`
 * @param size { shape, streams, steps }
 */
export async function openContender(source, size) {
  const { ask, close } = openChild(process.execPath, [...RELAXED_SIMD, SCRIPT])
  const { name, comparable } = await ask('open', { ...source, ...size })
  return {
    name,
    /** States of sampled streams after each input, from zero, or the contender's own numbers; null when the equations differ. */
    states: () => (comparable ? ask('states') : null),
    /** CPU microseconds per step. */
    measure: (steps) => ask('measure', { steps }),
    close,
  }
}
