import { crc32 } from 'node:zlib'
import type { Channel, SegmentModel, SegmentSpec } from '../learn/segment/types.ts'
import { quote } from '../quote.ts'
import { checkSegmentModel } from './experts/check.ts'
import type { SnapshotTree } from './types.ts'

/** A snapshot of a model, in what concerns its weights and its progress. */
export interface SavedModel {
  readonly fits: number
  readonly tailSkill: number
  readonly model: SegmentModel | null
  /** What the net that learns on has become; null where none did. */
  readonly learned: SegmentModel | null
  /** Whether it stems from one that was put in. */
  readonly adopted: boolean
  readonly total: number
  readonly due: number
}

/** What must be the same again, or what was learned is of no use. */
export interface SavedFor {
  readonly horizon: number
  /** null: chosen by the fits. */
  readonly segment: number | null
  readonly hiddenSize: number
}

type Tree = { readonly [name: string]: SnapshotTree | undefined }

const VERSION = 3

/** A model as a tree of plain values and copied arrays. */
export function saveModel(settings: SavedFor, { model, learned, ...progress }: SavedModel): SnapshotTree {
  return {
    ...header(settings),
    ...progress,
    model: model && modelTree(model),
    learned: learned?.weights.slice() ?? null,
  }
}

/** @throws Error when a snapshot is not of a model with these settings, or does not hold what it should */
export function readSavedModel(snapshot: SnapshotTree, settings: SavedFor): SavedModel {
  const saved = snapshot as Tree | null
  for (const [name, value] of Object.entries(header(settings))) {
    if (saved?.[name] !== value)
      throw new Error(`saved model has ${name} ${quote(saved?.[name])}, ${value} is needed`)
  }
  const { model: tree, learned: weights, adopted, fits, tailSkill, total, due } = saved as Tree
  const model = tree === null ? null : readModel(tree, settings.horizon)
  if (!Number.isSafeInteger(fits) || Number(fits) < (model ? 1 : 0)) {
    throw new Error(`saved model has fits ${quote(fits)}, a number of fits is needed`)
  }
  for (const [name, value] of Object.entries({ tailSkill, total, due })) {
    if (typeof value !== 'number') {
      throw new Error(`saved model has ${name} ${quote(value)}, a number is needed`)
    }
  }
  const learned = model && weights ? readLearned(model, weights) : null
  return { fits, tailSkill, model, learned, adopted: adopted === true, total, due } as SavedModel
}

/** Changes with everything that states depend on. */
export function fingerprintOf({ spec, weights, channels }: SegmentModel): number {
  const shape = JSON.stringify([Object.entries(spec).sort(), channels])
  return crc32(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength), crc32(shape))
}

function header({ horizon, segment, hiddenSize }: SavedFor): { readonly [name: string]: SnapshotTree } {
  return { version: VERSION, horizon, segment: segment ?? 'auto', hiddenSize }
}

function modelTree({ spec, weights, channels }: SegmentModel): SnapshotTree {
  return {
    spec: { ...spec },
    weights: weights.slice(),
    channels: channels.map(({ key, unit, season }) => ({ key, unit, season })),
  }
}

function readModel(tree: SnapshotTree | undefined, horizon: number): SegmentModel {
  const saved = tree as Tree | undefined
  const { spec, weights, channels } = saved ?? {}
  if (!isTree(spec)) throw new Error(`saved model has spec ${quote(spec)}, an object is needed`)
  if (!(weights instanceof Float32Array)) {
    throw new Error(`saved model has weights ${quote(weights)}, a Float32Array is needed`)
  }
  if (!Array.isArray(channels))
    throw new Error(`saved model has channels ${quote(channels)}, a list is needed`)
  const model: SegmentModel = {
    spec: readSpec(spec),
    weights: weights.slice(),
    channels: channels.map(readChannel),
  }
  checkSegmentModel(model)
  if (model.spec.horizon !== horizon) {
    throw new Error(`saved model forecasts ${model.spec.horizon} steps ahead, ${horizon} are needed`)
  }
  return model
}

/** It differs from the fitted one in its weights alone. */
function readLearned(model: SegmentModel, weights: SnapshotTree): SegmentModel {
  if (!(weights instanceof Float32Array)) {
    throw new Error(`saved model has learned ${quote(weights)}, a Float32Array is needed`)
  }
  const learned = { ...model, weights: weights.slice() }
  checkSegmentModel(learned)
  return learned
}

/** Without what else the tree may hold; its values are checked with the model. */
function readSpec({ segment, horizon, hiddenSize, seasonal, scale, channels }: Tree): SegmentSpec {
  return { segment, horizon, hiddenSize, seasonal, scale, channels } as unknown as SegmentSpec
}

function readChannel(tree: SnapshotTree): Channel {
  const { key, unit, season } = (tree ?? {}) as Tree
  if (typeof key !== 'string')
    throw new Error(`saved model has a channel with key ${quote(key)}, a text is needed`)
  return { key, unit, season } as Channel
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
