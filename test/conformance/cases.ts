import { readFileSync } from 'node:fs'
import { layout } from '../../src/engine/layout.ts'
import { type Cell, type GruSpec, gruSpec, presets, type Update } from '../../src/engine/spec.ts'

/** Nested arrays of numbers, as JSON has them. */
export type Nested = number | readonly Nested[]

/** One fixture: a GRU of some framework, what went in and what came out. See test/fixtures/README.md. */
export interface Case {
  readonly name: string
  readonly spec: GruSpec
  readonly weights: Float64Array
  readonly batch: number
  readonly time: number
  readonly x: Float64Array
  readonly h0?: Float64Array
  readonly lengths?: readonly number[]
  readonly expect: Expected
  /** Allowed absolute error of float32 arithmetic. */
  readonly tol: number
  /** What float64 arithmetic gives, within `tol64`. */
  readonly expect64: Expected
  readonly tol64: number
  /** Gates of a single forward layer and row, [time, hiddenSize]. */
  readonly gates?: { readonly r: Float64Array; readonly z: Float64Array; readonly n: Float64Array }
}

export interface Expected {
  readonly y?: Float64Array
  readonly hn: Float64Array
  readonly out?: Float64Array
}

type Direction = Record<string, Nested | null>

interface RawExpected {
  readonly y: Nested
  readonly hn: Nested
  readonly out?: Nested
}

interface RawCase {
  readonly name: string
  readonly cell: string
  readonly update: Update
  readonly dtype: string
  readonly layers: readonly { fwd?: Direction; rev?: Direction }[]
  readonly head?: { W: Nested; b: Nested } | null
  readonly x: readonly (readonly Nested[])[]
  readonly h0: Nested | null
  readonly lengths?: readonly number[] | null
  readonly gates?: { r: Nested; z: Nested; candidate: Nested }
  readonly expect: RawExpected
  readonly expect64?: RawExpected | null
  readonly tol: number
  readonly tol64?: number
}

export function readFixture<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../../../test/fixtures/${path}`, import.meta.url), 'utf8'))
}

export function flat(values: Nested): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flat)
}

/** All cases of one file of fixtures. */
export function readCases(path: string): Case[] {
  return readFixture<{ cases: RawCase[] }>(path).cases.map((raw) => readCase(path, raw))
}

function readCase(path: string, raw: RawCase): Case {
  // Files write float32 numbers in their shortest form, which needs rounding to be the number again.
  const number = raw.dtype === 'float32' ? Math.fround : (v: number) => v
  const numbers = (values: Nested) => Float64Array.from(flat(values), number)
  const spec = specOf(raw)
  const expect64 = raw.expect64 ?? undefined
  return {
    name: `${path.replace(/\.json$/, '')} ${raw.name}`,
    spec,
    weights: weightsOf(spec, raw, number),
    batch: raw.x.length,
    time: raw.x[0].length,
    x: numbers(raw.x as Nested),
    h0: raw.h0 ? numbers(raw.h0) : undefined,
    lengths: raw.lengths ?? undefined,
    expect: expected(spec, raw.expect),
    tol: raw.tol,
    expect64: expected(spec, expect64 ?? raw.expect),
    tol64: raw.tol64 ?? (expect64 ? 1e-12 : raw.tol),
    gates: raw.gates && {
      r: numbers(raw.gates.r),
      z: numbers(raw.gates.z),
      n: numbers(raw.gates.candidate),
    },
  }
}

/** Files on gradients give the projection as y. */
function expected(spec: GruSpec, raw: RawExpected): Expected {
  const values = (nested: Nested) => Float64Array.from(flat(nested))
  const projected = spec.outputSize > 0 && !raw.out
  return {
    y: projected ? undefined : values(raw.y),
    hn: values(raw.hn),
    out: projected ? values(raw.y) : raw.out === undefined ? undefined : values(raw.out),
  }
}

function specOf({ layers, cell, update, head }: RawCase): GruSpec {
  const [first] = layers
  const direction = first.fwd && first.rev ? 'bidirectional' : first.fwd ? 'forward' : 'reverse'
  const sample = (first.fwd ?? first.rev)!
  const wr = sample.Wr as Nested[][]
  return gruSpec({
    inputSize: wr[0].length,
    hiddenSize: wr.length,
    layers: layers.length,
    cell: cell.replace('_', '-') as Cell,
    update,
    direction,
    biases: sample.cn ? 2 : sample.bn ? 1 : 0,
    outputSize: head ? (head.b as Nested[]).length : 0,
  })
}

function weightsOf(spec: GruSpec, raw: RawCase, number: (v: number) => number): Float64Array {
  const { cells, head, size } = layout(spec)
  const weights = new Float64Array(size)
  const put = (offset: number, values: Nested | null) => {
    if (values !== null) weights.set(flat(values).map(number), offset)
  }
  const H = spec.hiddenSize
  for (const { layer, reverse, inputSize, W, U, b, c } of cells) {
    const cell = (reverse ? raw.layers[layer].rev : raw.layers[layer].fwd)!
    ;['r', 'z', 'n'].forEach((gate, i) => {
      put(W + i * H * inputSize, cell[`W${gate}`])
      put(U + i * H * H, cell[`U${gate}`])
      if (b >= 0) put(b + i * H, cell[`b${gate}`])
      if (c >= 0) put(c + i * H, cell[`c${gate}`])
    })
  }
  if (head && raw.head) {
    put(head.W, raw.head.W)
    put(head.b, raw.head.b)
  }
  return weights
}

/** The first layer of a TensorFlow.js model run with its default `hardSigmoid`, from the model's own weights. */
export function hardSigmoidCase(): Case {
  const folder = 'weights/tfjs_gru'
  const { x, hardSigmoid_first_layer: first } = readFixture<{
    x: Nested[][]
    hardSigmoid_first_layer: { y: Nested[][] }
  }>(`${folder}/expected.json`)
  const bytes = readFileSync(new URL(`../../../test/fixtures/${folder}/weights.bin`, import.meta.url))
  const [I, H] = [3, 5]
  // kernel [I, 3H], recurrent kernel [H, 3H], bias [3H], gates stacked z, r, n on columns.
  const stored = (row: number, column: number) => bytes.readFloatLE(4 * (row * 3 * H + column))
  const spec = gruSpec({
    ...presets.kerasResetBefore,
    inputSize: I,
    hiddenSize: H,
    recurrentActivation: 'hard-sigmoid',
  })
  const { cells, size } = layout(spec)
  const [{ W, U, b }] = cells
  const weights = new Float64Array(size)
  for (const [gate, place] of [1, 0, 2].entries()) {
    for (let unit = 0; unit < H; unit++) {
      const row = gate * H + unit
      const column = place * H + unit
      for (let k = 0; k < I; k++) weights[W + row * I + k] = stored(k, column)
      for (let k = 0; k < H; k++) weights[U + row * H + k] = stored(I + k, column)
      weights[b + row] = stored(I + H, column)
    }
  }
  const y = Float64Array.from(flat(first.y))
  const hn = Float64Array.from(first.y.flatMap((rows) => flat(rows[rows.length - 1])))
  const expect = { y, hn }
  return {
    name: `${folder} hardSigmoid`,
    spec,
    weights,
    batch: x.length,
    time: x[0].length,
    x: Float64Array.from(flat(x), Math.fround),
    expect,
    tol: 1e-6,
    expect64: expect,
    tol64: 1e-6,
  }
}
