import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { nameOf } from './gru-call.ts'
import type { Trace } from './trace.ts'
import type { GruCall, Head, Steps, Value } from './values.ts'

/** Names listed in errors. */
const LISTED = 8

/**
 * The linear layer after the GRU; undefined for none.
 * @param wanted as `ImportOptions.head`
 * @throws FormatError when there are several, or an output is made by anything else and `wanted` does not leave it out
 */
export function chooseHead(
  { heads, outputs }: Trace,
  layers: readonly GruCall[],
  wanted: string | false | undefined,
  notes: string[],
): Head | undefined {
  const top = layers[layers.length - 1]
  const mine = heads.filter(({ gru }) => gru === top)
  const values = [...outputs.values()]
  const others = [...outputs].filter(([, value]) => !isPlain(value, layers, top))
  if (wanted === false) {
    if (mine.length > 0 || others.length > 0) notes.push('what comes after the GRU is left out')
    return undefined
  }
  let head: Head | undefined
  if (wanted === undefined) {
    if (others.length > 0) throw leftover(others[0], top)
    const shown = [...new Set(values.flatMap((value) => (value.kind === 'projected' ? [value.head] : [])))]
    if (shown.length > 1) {
      const names = namesOf(shown)
      throw new FormatError(
        `the ONNX graph has several linear layers after the GRU: ${names}; name one with the option head`,
      )
    }
    head = shown[0]
  } else {
    const named = mine.filter((candidate) => headNames(candidate).some((name) => isNamed(name, wanted)))
    head = named.find(({ bias }) => bias) ?? named[0]
    if (!head) {
      const names = namesOf(mine)
      throw new FormatError(
        `no linear layer after the GRU is named ${quote(wanted)}; there is ${names || 'none'}`,
      )
    }
    if (named.some(({ node }) => node !== head?.node)) {
      throw new FormatError(`several linear layers after the GRU are named ${quote(wanted)}`)
    }
    if (others.length > 0)
      notes.push(`what comes beside or after the linear layer ${quote(wanted)} is left out`)
  }
  noteSteps(values, notes)
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
      ? `the node ${nameOf(value.cause)}, ${quote(value.cause.op)}, which is not a linear layer`
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

function noteSteps(values: readonly Value[], notes: string[]): void {
  const steps = (value: Value): Steps =>
    value.kind === 'projected' || value.kind === 'y' ? value.steps : 'all'
  const some = values.map(steps).find((kind) => kind !== 'all')
  if (some && !values.some((value) => value.kind === 'projected' && value.steps === 'all')) {
    notes.push(`the file gives only the ${some} step of a sequence, here every step has its outputs`)
  }
}
