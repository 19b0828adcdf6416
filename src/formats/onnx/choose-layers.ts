import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { type Group, same } from './axes.ts'
import { isZero } from './fold.ts'
import { nameOf } from './gru-call.ts'
import type { Node } from './model-proto.ts'
import type { GruCall } from './values.ts'
import type { Work } from './work.ts'

/** `GruSpec` takes as many layers. */
export const MAX_LAYERS = 64
/** Names listed in errors. */
const LISTED = 8

/**
 * The layers of the GRU that is meant, the lowest first.
 * @throws FormatError when there is not exactly one such stack, fed by an input and with nothing between its layers
 */
export function chooseLayers(
  grus: readonly GruCall[],
  nodes: readonly Node[],
  prefix: string | undefined,
  notes: string[],
  work: Work,
): readonly GruCall[] {
  if (grus.length === 0) {
    const ops = [...new Set(nodes.map(({ op }) => op))].slice(0, LISTED).map(quote)
    throw new FormatError(`the ONNX graph has no GRU node; it has ${ops.join(', ') || 'no nodes'}`)
  }
  const chosen = grus.filter(
    (gru) => prefix === undefined || namesOf(gru).some((name) => name.startsWith(prefix)),
  )
  if (chosen.length === 0) {
    throw new FormatError(
      `no GRU of the ONNX graph has a name that begins with ${quote(prefix)}; it has ${listed(grus)}`,
    )
  }
  const among = new Set(chosen)
  const below = new Map(
    chosen.map((gru) => {
      const fed = source(gru)
      return [gru, fed && among.has(fed) ? fed : undefined]
    }),
  )
  if (prefix === undefined) for (const gru of chosen) if (!below.get(gru)) checkFed(gru)
  const used = new Set([...below.values()].filter((gru) => gru))
  if (used.size !== chosen.length - 1) {
    throw new FormatError(
      `the ONNX graph has several GRUs that are not layers of one: ${listed(chosen)}; name one with the option prefix`,
    )
  }
  if (chosen.length > MAX_LAYERS) {
    throw new FormatError(
      `the ONNX graph has ${chosen.length} layers of GRUs, at most ${MAX_LAYERS} are read`,
    )
  }
  const layers: GruCall[] = []
  for (let top = chosen.find((gru) => !used.has(gru)); top; top = below.get(top)) layers.unshift(top)
  layers.forEach((gru, i) => {
    if (i > 0) checkBetween(layers[i - 1], gru)
    checkInitial(gru, layers[0], prefix !== undefined, notes, work)
  })
  const [bottom] = layers
  const X = bottom.inputs[0]
  if (X?.kind !== 'input' || X.part)
    notes.push(`what comes before the GRU ${nameOf(bottom.node)} is left out`)
  return layers
}

/** The GRU whose outputs, perhaps rearranged, go into another. */
function source(gru: GruCall): GruCall | undefined {
  const X = gru.inputs[0]
  return X?.kind === 'y' || X?.kind === 'states' ? X.gru : undefined
}

/** Names by which a GRU may be asked for: of its node and of its weights. */
function namesOf({ node, inputs }: GruCall): string[] {
  const given = [node.name, ...node.inputs.slice(1, 4)]
  const origins = inputs.slice(1, 4).map((value) => (value?.kind === 'constant' ? value.origin : ''))
  return [...given, node.name.replace(/^\//, ''), ...origins].filter((name) => name)
}

function listed(grus: readonly GruCall[]): string {
  const names = grus.slice(0, LISTED).map(({ node }) => nameOf(node))
  return `${names.join(', ')}${grus.length > LISTED ? ', …' : ''}`
}

/** The lowest layer must be fed by an input of the graph, as it is. */
function checkFed(gru: GruCall): void {
  const X = gru.inputs[0]
  if (X?.kind === 'input' && !X.part && X.axes.length === 3) return
  const fed =
    X?.kind === 'unknown' ? `by what ${quote(X.cause.op)} makes` : 'by something else than an input as it is'
  const between = X?.kind === 'unknown' && X.after ? `, which follows the GRU ${nameOf(X.after.node)}` : ''
  throw new FormatError(
    `the GRU ${nameOf(gru.node)} is fed ${fed}${between}; take a GRU alone with the option prefix`,
  )
}

/** A layer must get the outputs of that below at every step, whole. */
function checkBetween(below: GruCall, gru: GruCall): void {
  const X = gru.inputs[0]
  const want = gru.order.map((name): Group => below[name])
  const fits =
    X?.kind === 'y' &&
    X.steps === 'all' &&
    X.axes.length === 3 &&
    [...want, below.features].every((group, i) => same(group, X.axes[i]))
  if (fits) return
  throw new FormatError(
    `the outputs of the GRU ${nameOf(below.node)} reach the GRU ${nameOf(gru.node)} cut or with their axes changed`,
  )
}

/** First states must be zero or the caller's. */
function checkInitial(gru: GruCall, bottom: GruCall, alone: boolean, notes: string[], work: Work): void {
  const value = gru.inputs[5]
  const X = bottom.inputs[0]
  const name = nameOf(gru.node)
  if (!value || value.kind === 'zeros') return
  if (value.kind === 'constant') {
    if (isZero(value, work)) return
    throw new FormatError(
      `the GRU ${name} has first states of its own that are not zero, which no model here has`,
    )
  }
  if (value.kind === 'input' && !(X?.kind === 'input' && X.name === value.name)) return
  if (!alone) {
    const what = value.kind === 'unknown' ? quote(value.cause.op) : 'other data of the graph'
    throw new FormatError(
      `the first states of the GRU ${name} are made of ${what}; take the GRU alone with the option prefix`,
    )
  }
  notes.push(`what makes the first states of the GRU ${name} is left out`)
}
