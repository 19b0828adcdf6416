import { directions, gruSpec } from '../../engine/spec.ts'
import { assemble } from '../assemble.ts'
import { checkPreset, NATIVE_KEY, readDescription } from '../native.ts'
import type { Imported, ImportOptions, Tensor } from '../types.ts'
import { chooseHead } from './choose-head.ts'
import { chooseLayers } from './choose-layers.ts'
import type { ModelRecord } from './model-proto.ts'
import { padCells, padHead } from './pad.ts'
import { fromDescription, fromGraph } from './restore.ts'
import { trace } from './trace.ts'
import { readHead, readStack } from './weights.ts'

/**
 * The GRU that a graph is, if it is one.
 * @param tensors its initialisers
 * @param available bytes of the file and of those beside it
 * @throws FormatError naming what the engine cannot run
 */
export function interpret(
  { graph, metadata }: ModelRecord,
  tensors: ReadonlyMap<string, Tensor>,
  available: number,
  options: ImportOptions,
): Imported {
  const notes: string[] = []
  const traced = trace(graph, tensors)
  const layers = chooseLayers(traced.grus, graph.nodes, options.prefix, notes)
  const linear = chooseHead(traced, layers, options, notes)
  const stack = readStack(layers, available)
  notes.push(...stack.notes)

  const last = stack.cells[stack.cells.length - 1]
  const picked = last.hiddenSize < stack.spec.hiddenSize ? directions(stack.spec) * last.hiddenSize : 0
  const spec = gruSpec({ ...stack.spec, outputSize: linear?.outputSize ?? picked })
  const padded = { spec, cells: padCells(spec, stack.cells, notes) }
  if (!linear && picked > 0) notes.push('a projection picks the units of the last layer')
  const head = padHead(spec, last, linear && readHead(linear))

  const text = metadata.get(NATIVE_KEY)
  const description = text === undefined ? undefined : readDescription(text)
  const restored = description?.spec && fromDescription(padded, description.spec)
  if (description?.spec && !restored)
    notes.push('the specification kept in the file is not that of its graph')
  const { spec: final, cells } = restored ?? fromGraph(padded, notes)
  checkPreset(final, options.preset)
  const described = description?.spec ?? final
  const whole = description?.preprocessing(described)
  // Without its projection a model has no outputs to undo anything of.
  const preprocessing = whole && described.outputSize !== final.outputSize ? { inputs: whole.inputs } : whole
  return { model: assemble(final, cells, head), preprocessing, notes }
}
