import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import type { ImportOptions } from '../types.ts'
import { nameOf } from './gru-call.ts'
import type { Trace } from './trace.ts'
import { followed, type GruCall, type Head, type Value } from './values.ts'

/** Names listed in errors. */
const LISTED = 8

/**
 * The linear layer after the GRU; undefined for none.
 * @throws FormatError when there are several, or an output is made by anything else and the options do not leave it out
 */
export function chooseHead(
  { heads, outputs }: Trace,
  layers: readonly GruCall[],
  { prefix, head: wanted }: ImportOptions,
  notes: string[],
): Head | undefined {
  const top = layers[layers.length - 1]
  const mine = heads.filter(({ gru }) => gru === top)
  const shown = [...outputs].filter(([, value]) => prefix === undefined || layers.includes(followed(value)!))
  if (shown.length < outputs.size) notes.push('outputs that do not follow the GRU are left out')
  const others = shown.filter(([, value]) => !isPlain(value, layers, top))
  const values = shown.map(([, value]) => value)
  if (wanted === false) {
    if (mine.length > 0 || others.length > 0) notes.push('what comes after the GRU is left out')
    noteSteps(values, undefined, notes)
    return undefined
  }
  if (wanted === undefined && others.length > 0) throw leftover(others[0], top)
  if (others.length > 0) notes.push('what comes beside or after the linear layer is left out')
  const head = wanted === undefined ? onlyHead(values) : namedHead(mine, wanted)
  noteSteps(values, head, notes)
  return head
}

function onlyHead(values: readonly Value[]): Head | undefined {
  const shown = new Set(values.flatMap((value) => (value.kind === 'projected' ? [value.head] : [])))
  const [head, ...more] = shown
  if (more.length === 0) return head
  throw new FormatError(
    `the ONNX graph has several linear layers after the GRU: ${namesOf([...shown])}; name one with the option head`,
  )
}

function namedHead(heads: readonly Head[], wanted: string): Head {
  // Many heads may share weights of a long name.
  const known = new Map<string, boolean>()
  const isMeant = (name: string): boolean => {
    const meant = known.get(name) ?? isNamed(name, wanted)
    known.set(name, meant)
    return meant
  }
  const named = heads.filter((head) => headNames(head).some(isMeant))
  // A layer is met twice, as the product alone and with its biases.
  const head = named.find(({ bias }) => bias) ?? named[0]
  if (!head) {
    throw new FormatError(
      `no linear layer after the GRU is named ${quote(wanted)}; there is ${namesOf(heads) || 'none'}`,
    )
  }
  if (named.some(({ node }) => node !== head.node)) {
    throw new FormatError(`several linear layers after the GRU are named ${quote(wanted)}`)
  }
  return head
}

/** Whether a value is what a model here gives: states, outputs or a projection. */
function isPlain(value: Value, layers: readonly GruCall[], top: GruCall): boolean {
  if (value.kind === 'y') return value.gru === top
  if (value.kind === 'projected') return value.head.gru === top
  if (value.kind === 'states') return layers.includes(value.gru)
  return value.kind === 'joined' && value.grus.every((gru) => layers.includes(gru))
}

function leftover([name, value]: [string, Value], top: GruCall): FormatError {
  const what =
    value.kind === 'unknown'
      ? `the node ${nameOf(value.cause)} of type ${quote(value.cause.op)}, which is not a linear layer over the GRU's outputs`
      : `something else than the GRU ${nameOf(top.node)} and a linear layer`
  return new FormatError(
    `the output ${quote(name)} is made by ${what}; take the GRU alone with head false, or name its linear layer with the option head`,
  )
}

function namesOf(heads: readonly Head[]): string {
  const names = new Set(heads.map(({ node }) => nameOf(node)))
  return [...names].slice(0, LISTED).join(', ')
}

function headNames({ node, weight, bias }: Head): string[] {
  return [node.name, weight.origin, bias?.origin ?? ''].filter((name) => name)
}

/** `fc` is meant by `fc.weight`, `model.fc.bias` and `/model/fc/MatMul`. */
function isNamed(name: string, wanted: string): boolean {
  const path = (text: string): string => `/${text.replaceAll('.', '/')}/`
  return path(name).includes(path(wanted))
}

function noteSteps(values: readonly Value[], head: Head | undefined, notes: string[]): void {
  const given = values.flatMap((value) => {
    if (head) return value.kind === 'projected' && value.head.node === head.node ? [value.steps] : []
    return value.kind === 'y' ? [value.steps] : []
  })
  // A linear layer that no output shows as it is has at least the steps that it is given.
  const steps = given.length > 0 ? given : [head?.steps ?? 'all']
  if (!steps.includes('all')) {
    notes.push(`the file gives only the ${steps[0]} step of a sequence, here every step has its outputs`)
  }
}
