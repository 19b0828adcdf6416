// One contender, told what to do by one line of JSON at a time: see ../lib/contender.mjs.
import { createInterface } from 'node:readline'
import { statesOf } from '../lib/check.mjs'
import { ANSWER } from '../lib/child.mjs'
import { timed } from '../lib/timed.mjs'
import { drawInputs, drawWeights } from '../lib/weights.mjs'

let opened

const tasks = {
  async open({ file, variant, shape, streams, steps }) {
    const { open } = await import(`../contenders/${file}.mjs`)
    const inputs = drawInputs(shape, streams, steps)
    const contender = await open(shape, drawWeights(shape), streams, variant)
    opened = { contender, shape, streams, inputs, clock: timed(contender, inputs) }
    return { name: contender.name, comparable: !contender.stepsPerCall }
  },
  states: () =>
    opened.contender.numbers?.(opened.inputs) ??
    statesOf(opened.contender, opened.shape, opened.inputs, opened.streams),
  measure: ({ steps }) => opened.clock.measure(steps),
}

for await (const line of createInterface(process.stdin)) {
  const { task, ...details } = JSON.parse(line)
  console.log(ANSWER + JSON.stringify(await tasks[task](details)))
}
