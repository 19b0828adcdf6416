import { sigmoid, tanh } from './activation.ts'

// The element-wise half of a GRU step. Gates lie as [rows][3H], stacked r, z, n; `extra` is [rows][H].

/** r = σ(·), and r ∘ (Un·h + cn) joins n's argument. */
export function resetAfter(gates: Float64Array, extra: Float64Array, rows: number, H: number): void {
  for (let row = 0; row < rows; row++) {
    const g = row * 3 * H
    for (let j = 0; j < H; j++) {
      const r = sigmoid(gates[g + j])
      gates[g + j] = r
      gates[g + 2 * H + j] += r * extra[row * H + j]
    }
  }
}

/** r = σ(·), and r∘h to be multiplied by Un. */
export function resetBefore(
  gates: Float64Array,
  extra: Float64Array,
  h: Float64Array,
  rows: number,
  H: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < H; j++) {
      const r = sigmoid(gates[row * 3 * H + j])
      gates[row * 3 * H + j] = r
      extra[row * H + j] = r * h[row * H + j]
    }
  }
}

/** z = σ(·), n = tanh(·) and the new state; `carry` false: the old state counts as 0. */
export function mix(
  gates: Float64Array,
  h: Float64Array,
  out: Float64Array,
  rows: number,
  H: number,
  keep: boolean,
  carry: boolean,
): void {
  for (let row = 0; row < rows; row++) {
    const zs = row * 3 * H + H
    const ns = zs + H
    for (let j = 0; j < H; j++) {
      const z = sigmoid(gates[zs + j])
      const n = tanh(gates[ns + j])
      const old = carry ? h[row * H + j] : 0
      gates[zs + j] = z
      gates[ns + j] = n
      out[row * H + j] = keep ? n + z * (old - n) : old + z * (n - old)
    }
  }
}

/** Gradients of z's and n's arguments and of the old state as far as it was mixed in. */
export function unmix(
  gates: Float64Array,
  h: Float64Array,
  dh: Float64Array,
  dOld: Float64Array,
  rows: number,
  H: number,
  keep: boolean,
  carry: boolean,
): void {
  for (let row = 0; row < rows; row++) {
    const zs = row * 3 * H + H
    const ns = zs + H
    for (let j = 0; j < H; j++) {
      const z = gates[zs + j]
      const n = gates[ns + j]
      const old = carry ? h[row * H + j] : 0
      const d = dh[row * H + j]
      const oldShare = keep ? z : 1 - z
      gates[zs + j] = d * (keep ? old - n : n - old) * z * (1 - z)
      gates[ns + j] = d * (1 - oldShare) * (1 - n * n)
      dOld[row * H + j] = carry ? d * oldShare : 0
    }
  }
}

/** Gradient of r's argument; `extra` becomes the gradient of Un·h + cn. */
export function unresetAfter(gates: Float64Array, extra: Float64Array, rows: number, H: number): void {
  for (let row = 0; row < rows; row++) {
    const g = row * 3 * H
    for (let j = 0; j < H; j++) {
      const r = gates[g + j]
      const dn = gates[g + 2 * H + j]
      gates[g + j] = dn * extra[row * H + j] * r * (1 - r)
      extra[row * H + j] = dn * r
    }
  }
}

/** Gradient of r's argument and of the old state from `extra`, the gradient of r∘h. */
export function unresetBefore(
  gates: Float64Array,
  extra: Float64Array,
  h: Float64Array,
  dOld: Float64Array,
  rows: number,
  H: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < H; j++) {
      const r = gates[row * 3 * H + j]
      const d = extra[row * H + j]
      gates[row * 3 * H + j] = d * h[row * H + j] * r * (1 - r)
      dOld[row * H + j] += d * r
    }
  }
}
