import { hardSigmoidOfFive, madd, sigmoidOfTwice, tanh } from './math'

// The element-wise half of a step, exported for the same reason as the loops of panel.ts. Sums lie as r, z, n, each
// [units]: those from the input with b, those from the state with c.

const RESET_AFTER = 0

/** Whether r and z are hard sigmoids. */
let hardGates: bool

export function setGates(hard: bool): void {
  hardGates = hard
}

/** r or z from its sum, which packing has scaled. */
// @ts-ignore: decorator
@inline
function gate(a: v128): v128 {
  return hardGates ? hardSigmoidOfFive(a) : sigmoidOfTwice(a)
}

/** r∘h. */
export function reset(units: i32, fromInput: usize, fromState: usize, h: usize, to: usize): void {
  for (const end = fromInput + (units << 2); fromInput < end; fromInput += 16) {
    const r = gate(f32x4.add(v128.load(fromInput), v128.load(fromState)))
    v128.store(to, f32x4.mul(r, v128.load(h)))
    fromState += 16
    h += 16
    to += 16
  }
}

/** The new state n + z∘(carried − n), written to `h`. */
export function mix(
  cell: i32,
  units: i32,
  fromInput: usize,
  fromState: usize,
  carried: usize,
  h: usize,
): void {
  const one = <usize>units << 2
  const two = one << 1
  for (let i: usize = 0; i < one; i += 16) {
    let candidate = v128.load(fromState + two + i)
    if (cell == RESET_AFTER) {
      const r = gate(f32x4.add(v128.load(fromInput + i), v128.load(fromState + i)))
      candidate = f32x4.mul(r, candidate)
    }
    const z = gate(f32x4.add(v128.load(fromInput + one + i), v128.load(fromState + one + i)))
    const n = tanh(f32x4.add(v128.load(fromInput + two + i), candidate))
    v128.store(h + i, madd(z, f32x4.sub(v128.load(carried + i), n), n))
  }
}
