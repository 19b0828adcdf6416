import type { Model } from '../engine/model.ts'
import type { GruSpec, PresetName } from '../engine/spec.ts'
import type { Dtype } from './dtype.ts'

/** Formats as told apart by content. */
export type FormatName =
  | 'safetensors'
  | 'npz'
  | 'pytorch'
  | 'onnx'
  | 'keras'
  | 'keras-h5'
  | 'keras-weights'
  | 'tfjs'

/** How one number of an input or output was scaled for training: scaled = (value − mean) / std. */
export interface Scaling {
  /** What the number is, e.g. `temperature`; the field that `gru-step` takes of an object. */
  readonly name?: string
  /** @default 0 */
  readonly mean?: number
  /** Positive. @default 1 */
  readonly std?: number
}

/** What a model wants done to its inputs, and undone to its projection. */
export interface Preprocessing {
  /** One for each of `inputSize`, in order. */
  readonly inputs?: readonly Scaling[]
  /** One for each of `outputSize`, in order. */
  readonly outputs?: readonly Scaling[]
}

/** One array of a file, row-major, whatever order and precision it is stored in. */
export interface Tensor {
  readonly shape: readonly number[]
  /** As stored. */
  readonly dtype: Dtype
  /**
   * The numbers as float32.
   * @throws FormatError when the type is not a floating-point one or a number is not finite as float32
   */
  values(): Float32Array
}

/** What a file leaves open, or what is wanted of it. */
export interface ImportOptions {
  /**
   * The equations, where a file does not say: `numpy`, `numpyLiteral` or `numpyTextbook` for seed names,
   * `keras` or `kerasResetBefore` for Keras weights without biases.
   * @default numpy for seed names; what the file says elsewhere, which this must not contradict
   */
  readonly preset?: PresetName
  /** What the names of the GRU's weights begin with, e.g. `encoder.gru.`; needed when there are several. */
  readonly prefix?: string
  /**
   * Name of the linear layer after the GRU, e.g. `fc`; false for none.
   * @default the only one, unless it may as well stand before the GRU
   */
  readonly head?: string | false
}

/** A model as read from a file. */
export interface Imported {
  readonly model: Model
  readonly preprocessing?: Preprocessing
  /** What was decided or left out on the way, a sentence each. */
  readonly notes: readonly string[]
}

/** An opened file, its structure checked and its numbers not yet looked at. */
export interface Contents {
  readonly format: FormatName
  /** In the file's order and by the file's names. A Map, because names come from outside. */
  readonly tensors: ReadonlyMap<string, Tensor>
  /** What the file says about itself. */
  readonly metadata: ReadonlyMap<string, string>
  /** @throws FormatError when there is not exactly one GRU that this engine can run as the file means it */
  interpret(options: ImportOptions): Imported
}

/** Reads a file beside the one opened, by the name written in it, from the same folder only. */
export type ReadSibling = (name: string) => Promise<Uint8Array>

/** How files of one format are read. */
export interface Reader {
  readonly format: FormatName
  /** Whether the content looks like this format; the first that does takes the file. */
  matches(bytes: Uint8Array): boolean
  /** @throws FormatError in one sentence, whatever the bytes are */
  open(bytes: Uint8Array, readSibling: ReadSibling): Contents | Promise<Contents>
}

/** A file as `inspect` shows it, also when no model can be made of it. */
export interface Inspection {
  readonly format: FormatName
  readonly tensors: readonly {
    readonly name: string
    readonly shape: readonly number[]
    readonly dtype: string
  }[]
  readonly metadata: ReadonlyMap<string, string>
  readonly spec?: GruSpec
  readonly preprocessing?: Preprocessing
  readonly notes: readonly string[]
  /** Why no model can be made of it. */
  readonly problem?: string
}

/** A file to be. */
export interface Written {
  readonly bytes: Uint8Array
  /** What was changed on the way, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * How files of one format are written.
 * @throws FormatError when the format cannot express the model exactly
 */
export type Writer = (model: Model, preprocessing: Preprocessing | undefined) => Written

/** Formats that can be written. `pytorch` is safetensors that `nn.GRU` loads, and refuses other equations. */
export type TargetName = 'safetensors' | 'npz' | 'onnx' | 'pytorch'
