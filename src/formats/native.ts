import { layout, tensors as layoutOf } from '../engine/layout.ts'
import { createModel, type Model } from '../engine/model.ts'
import { type GruSpec, gruSpec, presets } from '../engine/spec.ts'
import { quote } from '../quote.ts'
import { FormatError } from './error.ts'
import { fieldsOf } from './fields.ts'
import { parseJson, plain } from './json.ts'
import { checkPreprocessing } from './preprocessing.ts'
import type { ImportOptions, Preprocessing, Tensor } from './types.ts'

/** Where our own description lies in a file's metadata. */
export const NATIVE_KEY = 'gruflow'

const VERSION = 1
const FIELDS = ['version', 'spec', 'preprocessing'] as const
const SPEC_FIELDS = Object.keys(gruSpec({ inputSize: 1, hiddenSize: 1 }))

/** What a file that we wrote says about itself. */
export interface NativeDescription {
  /** Absent where the names say it all. */
  readonly spec?: GruSpec
  /** Checked against the GRU that it is for. */
  preprocessing(spec: GruSpec): Preprocessing | undefined
}

export function writeDescription(
  spec: GruSpec | undefined,
  preprocessing: Preprocessing | undefined,
): string {
  return JSON.stringify({ version: VERSION, spec, preprocessing })
}

/** @throws FormatError when the description is of another version, or not one at all */
export function readDescription(text: string): NativeDescription {
  const json = plain(parseJson(new TextEncoder().encode(text), 'the description'))
  const { version, spec, preprocessing } = refused(() => fieldsOf('it', json, FIELDS))
  if (version !== VERSION) {
    throw new FormatError(
      `the description is of version ${quote(version)}; this program reads version ${VERSION}`,
    )
  }
  return {
    spec: spec === undefined ? undefined : refused(() => readSpec(spec)),
    preprocessing: (spec) =>
      preprocessing === undefined ? undefined : refused(() => checkPreprocessing(spec, preprocessing)),
  }
}

/** The model of a file whose tensors are exactly those of {@link layoutOf} and whose description has its specification. */
export function readNative(
  tensors: ReadonlyMap<string, Tensor>,
  spec: GruSpec,
  options: ImportOptions,
): Model {
  checkOptions(spec, options)
  const places = layoutOf(spec)
  const stray = [...tensors.keys()].find((name) => !places.some((place) => place.name === name))
  if (stray !== undefined)
    throw new FormatError(`the file has the tensor ${quote(stray)}, which its model has not`)
  for (const { name, shape } of places) {
    const tensor = tensors.get(name)
    if (!tensor) throw new FormatError(`the file has no tensor ${quote(name)}, which its model has`)
    expectShape(name, tensor, shape)
  }
  const weights = new Float32Array(layout(spec).size)
  for (const { name, offset } of places) weights.set(tensors.get(name)!.values(), offset)
  return createModel(spec, weights)
}

/** @throws FormatError when options contradict a file that has the specification in its description */
export function checkOptions(spec: GruSpec, { preset, prefix, head }: ImportOptions): void {
  if (prefix || head !== undefined) {
    throw new FormatError(
      'the file describes its model itself, so neither prefix nor head can choose a part of it',
    )
  }
  checkPreset(spec, preset)
}

/** @throws FormatError when a preset is given and its equations are not those of the file */
export function checkPreset(spec: GruSpec, preset: ImportOptions['preset']): void {
  if (preset === undefined) return
  const { cell, update } = presets[preset]
  if (cell !== spec.cell || update !== spec.update) {
    throw new FormatError(
      `the file's GRU has the cell ${spec.cell} and the update ${spec.update}, which is not the preset ${preset}`,
    )
  }
}

/** @throws FormatError naming the tensor */
export function expectShape(name: string, { shape }: Tensor, expected: readonly number[]): void {
  if (shape.length !== expected.length || shape.some((size, i) => size !== expected[i])) {
    throw new FormatError(
      `${quote(name)} has the shape [${shape.join(', ')}] where [${expected.join(', ')}] is needed`,
    )
  }
}

function readSpec(value: unknown): GruSpec {
  const fields = fieldsOf('spec', value, SPEC_FIELDS)
  for (const [name, field] of Object.entries(fields)) {
    // Checked here, so that what gruSpec says of a value is fit to be shown.
    if (typeof field !== 'number' && !(typeof field === 'string' && /^[a-z-]{1,20}$/.test(field))) {
      throw new RangeError(`spec has the impossible ${name} ${quote(field)}`)
    }
  }
  return gruSpec(fields as unknown as GruSpec)
}

/** Our own checks of what a file says: their sentence, the file's fault. */
function refused<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof RangeError) throw new FormatError(`the description cannot be used: ${error.message}`)
    throw error
  }
}
