import { gruSpec } from '../../engine/spec.ts'
import { assemble } from '../assemble.ts'
import { checkPreset, NATIVE_KEY, readDescription } from '../native.ts'
import { pad } from '../pad.ts'
import type { Imported, ImportOptions, Tensor } from '../types.ts'
import { chooseHead } from './choose-head.ts'
import { chooseLayers } from './choose-layers.ts'
import type { ModelRecord } from './model-proto.ts'
import { fromDescription, fromGraph } from './restore.ts'
import { trace } from './trace.ts'
import { readHead, readStack } from './weights.ts'
import { createWork } from './work.ts'

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
  const work = createWork(available)
  const traced = trace(graph, tensors, work)
  const layers = chooseLayers(traced.grus, graph.nodes, options.prefix, notes, work)
  const linear = chooseHead(traced, layers, options, notes)
  const stack = readStack(layers, available, work)
  notes.push(...stack.notes)

  const spec = gruSpec({ ...stack.spec, outputSize: linear?.outputSize ?? 0 })
  const padded = pad({ spec, cells: stack.cells, head: linear && readHead(linear, work) }, notes)

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
  return { model: assemble(final, cells, padded.head), preprocessing, notes }
}
