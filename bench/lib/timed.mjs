import { cpuPerStep } from './cpu.mjs'

/** A contender of this process as `rounds` wants it, stepped over the inputs again and again. */
export function timed({ name, step, stepsPerCall = 1 }, inputs) {
  let next = 0
  const call = () => {
    const input = inputs[next]
    next = next + 1 === inputs.length ? 0 : next + 1
    return step(input)
  }
  return {
    name,
    measure: async (steps) => (await cpuPerStep(call, Math.ceil(steps / stepsPerCall))) / stepsPerCall,
  }
}
