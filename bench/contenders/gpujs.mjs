import { GPU } from 'gpu.js'

/**
 * gpu.js in one of its CPU modes, cpu or webasm: one kernel call a step, in which each thread computes one unit of
 * one stream.
 */
export function open({ inputSize: I, hiddenSize: H }, { wi, wh, bi, bh }, streams, mode) {
  const kernel = new GPU({ mode }).createKernel(step, {
    output: [H * streams],
    constants: { wi, wh, bi, bh, inputs: I, hidden: H },
    precision: 'single',
  })
  let h = new Float32Array(streams * H)
  return {
    name: `gpu.js ${mode}`,
    step(x) {
      h = kernel(x, h)
      return h
    },
  }
}

/** Translated by gpu.js: `this.constants` and `this.thread` are its words, `function` is what it reads. */
function step(x, h) {
  const H = this.constants.hidden
  const I = this.constants.inputs
  const row = Math.floor(this.thread.x / H)
  const unit = this.thread.x - row * H
  let r = this.constants.bi[unit] + this.constants.bh[unit]
  let z = this.constants.bi[H + unit] + this.constants.bh[H + unit]
  let xn = this.constants.bi[2 * H + unit]
  let hn = this.constants.bh[2 * H + unit]
  for (let k = 0; k < this.constants.inputs; k++) {
    const value = x[row * I + k]
    r += this.constants.wi[unit * I + k] * value
    z += this.constants.wi[(H + unit) * I + k] * value
    xn += this.constants.wi[(2 * H + unit) * I + k] * value
  }
  for (let k = 0; k < this.constants.hidden; k++) {
    const value = h[row * H + k]
    r += this.constants.wh[unit * H + k] * value
    z += this.constants.wh[(H + unit) * H + k] * value
    hn += this.constants.wh[(2 * H + unit) * H + k] * value
  }
  const reset = 1 / (1 + Math.exp(-r))
  const keep = 1 / (1 + Math.exp(-z))
  const n = Math.tanh(xn + reset * hn)
  return (1 - keep) * n + keep * h[row * H + unit]
}
