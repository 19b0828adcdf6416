import { quote } from '../quote.ts'
import { FormatError } from './error.ts'
import { type LinearNaming, type NamedGru, type NamedHead, titleOf } from './named-gru.ts'
import type { ImportOptions, Tensor } from './types.ts'

type Tensors = ReadonlyMap<string, Tensor>

interface Candidate extends NamedHead {
  readonly label: string
  readonly names: readonly string[]
}

const SHOWN = 6
/** What a checkpoint calls the weights in it; the rest is then kept for training. */
const WEIGHTS = /state_dict$|^model_state$/i
/** What checkpoints keep beside the weights under names of its own. */
const TRAINING = /optim|sched|scaler|callback|rng/i

/**
 * The linear layer on a GRU's output.
 *
 * Unless `option` says which part of the file is wanted, every tensor of the weights must belong to the GRU or to the
 * one layer. State dicts do not say what is applied to what, so more than that cannot be run as the file means it.
 * @param features length of the GRU's output
 * @throws FormatError naming the tensors that are in the way
 */
export function chooseHead(
  tensors: Tensors,
  gru: NamedGru,
  features: number,
  option: ImportOptions['head'],
): { readonly head?: NamedHead; readonly notes: readonly string[] } {
  const others = [...tensors.keys()].filter((name) => !gru.names.has(name))
  const candidates = others.flatMap((name) => candidate(tensors, name, gru.linear, features) ?? [])
  const training = others.filter((name) => isTraining(name, gru.prefix))
  if (option === undefined) {
    const rest = others.filter((name) => !training.includes(name))
    const fitting = candidates.filter(({ names }) => rest.includes(names[0]))
    const head = fitting.length === 1 && fitting[0].names.length === rest.length ? fitting[0] : undefined
    if (rest.length > 0 && !head) throw inTheWay(tensors, gru, rest)
    return { head, notes: [...applied(head), ...leftOut(training)] }
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
  const { label, transposed } = layer
  const [outputs, inputs] = transposed ? [W.shape[1], W.shape[0]] : W.shape
  const b = tensors.get(layer.bias)
  const fits = inputs === features && outputs > 0 && (!b || isVector(b.shape, outputs))
  return fits ? { label, W, b, outputs, transposed, names: b ? [name, layer.bias] : [name] } : undefined
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
  const list = (layers: readonly Candidate[]): string =>
    layers
      .slice(0, SHOWN)
      .map(({ label }) => quote(label))
      .join(', ')
  throw new FormatError(
    found.length > 0
      ? `the file has ${found.length} linear layers named ${quote(name)}: ${list(found)}`
      : `the file has no linear layer ${quote(name)} that fits the output of ${titleOf(prefix)}; ` +
          `those that fit: ${list(candidates) || 'none'}`,
  )
}

/** Whether a tensor is one that a checkpoint keeps beside the weights, e.g. `optimizer_state_dict.state.0.exp_avg`. */
function isTraining(name: string, prefix: string): boolean {
  const parts = prefix.split('.')
  const depth = parts.findLastIndex((part) => WEIGHTS.test(part)) + 1
  if (depth > 0) return !name.startsWith(`${parts.slice(0, depth).join('.')}.`)
  return name.includes('.') && TRAINING.test(name.split('.')[0])
}

function inTheWay(tensors: Tensors, { prefix }: NamedGru, rest: readonly string[]): FormatError {
  const shown = rest.slice(0, SHOWN).map((name) => `${quote(name)} [${tensors.get(name)?.shape.join(', ')}]`)
  return new FormatError(
    `beside ${titleOf(prefix)} the file has ${shown.join(', ')}${more(rest)}, which is not one linear layer ` +
      'on its output; choose the layer with head, or head: false for the GRU alone',
  )
}

function applied(head: Candidate | undefined): string[] {
  return head ? [`the linear layer ${quote(head.label)} is taken as the projection of every state`] : []
}

function leftOut(names: readonly string[]): string[] {
  return names.length > 0 ? [`left out: ${names.slice(0, SHOWN).map(quote).join(', ')}${more(names)}`] : []
}

function more(names: readonly string[]): string {
  return names.length > SHOWN ? ` and ${names.length - SHOWN} more` : ''
}
