import { readFileSync } from 'node:fs'
import { layout } from '../../src/engine/layout.ts'
import { type Cell, type GruSpec, gruSpec, type Update } from '../../src/engine/spec.ts'

/** Arrays of numbers nested to any depth. */
export type Nested = number | readonly Nested[]
type Part = Readonly<Record<string, Nested | null>>
export type Layers = readonly { readonly fwd?: Part; readonly rev?: Part }[]
export type Head = { readonly W: Nested; readonly b: Nested } | null

/** What this room reads of a conformance case; see test/fixtures/README.md. */
export interface Case {
  readonly name: string
  readonly cell: string
  readonly update: Update
  readonly dtype: 'float32' | 'float64'
  readonly input: number
  readonly hidden: number
  readonly output?: number
  readonly batch: number
  readonly steps: number
  readonly loss?: string
  readonly layers: Layers
  readonly head?: Head
  readonly x: Nested
  readonly h0: Nested | null
  readonly target?: Nested | null
  readonly tol: number
  readonly tol64?: number
  readonly grad_tol?: number
}

/** The cases of a file below test/fixtures. */
export function cases<T extends Case>(file: string): T[] {
  const url = new URL(`../../../test/fixtures/${file}`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')).cases
}

export function flat(values: Nested): Float64Array {
  const list: number[] = []
  const add = (v: Nested): void => {
    if (typeof v === 'number') list.push(v)
    else v.forEach(add)
  }
  add(values)
  return Float64Array.from(list)
}

export function specOf(c: Case): GruSpec {
  const { fwd, rev } = c.layers[0]
  const some = fwd ?? rev
  return gruSpec({
    inputSize: c.input,
    hiddenSize: c.hidden,
    layers: c.layers.length,
    cell: c.cell.replace('_', '-') as Cell,
    update: c.update,
    direction: fwd && rev ? 'bidirectional' : fwd ? 'forward' : 'reverse',
    biases: some?.cr ? 2 : some?.br ? 1 : 0,
    outputSize: c.head ? flat(c.head.b).length : 0,
  })
}

/** A case's weights, or gradients in the same form, packed as `engine/layout.ts` says. */
export function packed(spec: GruSpec, layers: Layers, head: Head = null): Float64Array {
  const places = layout(spec)
  const weights = new Float64Array(places.size)
  for (const place of places.cells) {
    const part = layers[place.layer][place.reverse ? 'rev' : 'fwd']
    for (const [block, letter] of [
      [place.W, 'W'],
      [place.U, 'U'],
      [place.b, 'b'],
      [place.c, 'c'],
    ] as const) {
      if (block < 0) continue
      let at = block
      for (const gate of ['r', 'z', 'n']) {
        const values = flat(part![letter + gate]!)
        weights.set(values, at)
        at += values.length
      }
    }
  }
  if (head && places.head) {
    weights.set(flat(head.W), places.head.W)
    weights.set(flat(head.b), places.head.b)
  }
  return weights
}
