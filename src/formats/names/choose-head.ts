import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { listed } from '../listing.ts'
import type { FormatName, ImportOptions, Tensor } from '../types.ts'
import { besideWeights } from './checkpoint.ts'
import { type LinearNaming, type NamedGru, type NamedHead, titleOf } from './named-gru.ts'

type Tensors = ReadonlyMap<string, Tensor>

interface Candidate extends NamedHead {
  readonly label: string
  readonly certain: boolean
  readonly names: readonly string[]
}

/** Formats that keep tensors in the order in which they were defined. */
const IN_ORDER: ReadonlySet<FormatName> = new Set(['pytorch', 'npz'])

/**
 * The linear layer on a GRU's output.
 *
 * Unless `option` says which part of the file is wanted, every tensor of the weights must belong to the GRU or to the
 * one layer. State dicts do not say what is applied to what, so more than that cannot be run as the file means it, and a
 * layer that might stand before the GRU is not taken.
 * @param sizes lengths of the GRU's input and output
 * @throws FormatError naming the tensors that are in the way
 */
export function chooseHead(
  tensors: Tensors,
  gru: NamedGru,
  sizes: { readonly inputs: number; readonly features: number },
  option: ImportOptions['head'],
  format: FormatName,
): { readonly head?: NamedHead; readonly notes: readonly string[] } {
  const others = [...tensors.keys()].filter((name) => !gru.names.has(name))
  const candidates = others.flatMap((name) => candidate(tensors, name, gru.linear, sizes.features) ?? [])
  if (option === undefined) {
    const left = besideWeights(others, gru.prefix)
    const rest = others.filter((name) => !left.has(name))
    const fitting = candidates.filter(({ names }) => rest.includes(names[0]))
    const head = fitting.length === 1 && fitting[0].names.length === rest.length ? fitting[0] : undefined
    if (rest.length > 0 && !head) throw inTheWay(tensors, gru, rest)
    const doubt = head && doubtOf(tensors, gru, head, sizes.inputs, !IN_ORDER.has(format))
    if (doubt) {
      throw new FormatError(
        `${doubt}; head: ${quote(head.label)} takes it as the linear layer on the output, head: false leaves it out`,
      )
    }
    return { head, notes: [...applied(head), ...leftOut([...left])] }
  }
  if (option === false) return { notes: leftOut(others) }
  const head = named(candidates, option, gru.prefix)
  return { head, notes: [...applied(head), ...leftOut(others.filter((name) => !head.names.includes(name)))] }
}

function candidate(
  tensors: Tensors,
  name: string,
  linear: LinearNaming,
  features: number,
): Candidate | undefined {
  const layer = linear(name)
  const W = tensors.get(name)
  if (!layer || W?.shape.length !== 2) return undefined
  const { label, transposed, certain } = layer
  const [outputs, inputs] = transposed ? [W.shape[1], W.shape[0]] : W.shape
  const b = tensors.get(layer.bias)
  const fits = inputs === features && outputs > 0 && (!b || isVector(b.shape, outputs))
  return fits
    ? { label, certain, W, b, outputs, transposed, names: b ? [name, layer.bias] : [name] }
    : undefined
}

/** [length], or [length, 1] as NumPy GRUs have it. */
function isVector(shape: readonly number[], length: number): boolean {
  return shape[0] === length && (shape.length === 1 || (shape.length === 2 && shape[1] === 1))
}

/** The layer of exactly this name, or the only one whose name ends in it. */
function named(candidates: readonly Candidate[], name: string, prefix: string): Candidate {
  const exact = candidates.filter(({ label }) => label === name)
  const ending = candidates.filter(({ label }) => label.endsWith(`.${name}`) || label.endsWith(`/${name}`))
  const found = exact.length > 0 ? exact : ending
  if (found.length === 1) return found[0]
  const list = (layers: readonly Candidate[]): string => listed(layers.map(({ label }) => quote(label)))
  throw new FormatError(
    found.length > 0
      ? `the file has ${found.length} linear layers named ${quote(name)}: ${list(found)}`
      : `the file has no linear layer ${quote(name)} that fits the output of ${titleOf(prefix)}; ` +
          `those that fit: ${list(candidates) || 'none'}`,
  )
}

/**
 * Why a layer is not taken without being asked for: it might as well stand before the GRU.
 * @param sorted whether the file keeps its tensors in another order than that of their definition
 */
function doubtOf(
  tensors: Tensors,
  gru: NamedGru,
  { label, names, b, outputs, certain }: Candidate,
  inputs: number,
  sorted: boolean,
): string | undefined {
  if (certain) return undefined
  const layer = `the layer ${quote(label)} beside ${titleOf(gru.prefix)}`
  if (!b) return `${layer} has no bias, like an embedding before the GRU`
  if (outputs !== inputs) return undefined
  if (sorted) return `${layer} gives as many numbers as the GRU takes, and so may stand before it`
  const order = [...tensors.keys()]
  const isBefore = order.indexOf(names[0]) < order.findIndex((name) => gru.names.has(name))
  return isBefore ? `${layer} is defined before the GRU and gives as many numbers as it takes` : undefined
}

function inTheWay(tensors: Tensors, { prefix }: NamedGru, rest: readonly string[]): FormatError {
  const shown = listed(rest.map((name) => `${quote(name)} [${tensors.get(name)?.shape.join(', ')}]`))
  return new FormatError(
    `beside ${titleOf(prefix)} the file has ${shown}, which is not one linear layer ` +
      'on its output; choose the layer with head, or head: false for the GRU alone',
  )
}

function applied(head: Candidate | undefined): string[] {
  return head ? [`the linear layer ${quote(head.label)} is taken as the projection of every state`] : []
}

function leftOut(names: readonly string[]): string[] {
  return names.length > 0 ? [`left out: ${listed(names.map(quote))}`] : []
}
