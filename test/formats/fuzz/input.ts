import { createRandom, type Random } from '../../../src/engine/random.ts'
import { type PresetName, presets } from '../../../src/engine/spec.ts'
import type { FormatName, ImportOptions } from '../../../src/formats/types.ts'
import { byteMutations, type Mutation, mutateBytes, pick, randomBytes } from './bytes.ts'
import { mutateHdf5 } from './hdf5.ts'
import { mutateJson } from './json.ts'
import { mutateNpy } from './npy.ts'
import { mutatePickle } from './pickle.ts'
import { mutateProtobuf } from './protobuf.ts'
import { mutateSafetensors } from './safetensors.ts'
import type { Seed } from './seeds.ts'
import { npzOfZeros } from './zeros.ts'
import { mutateZip } from './zip.ts'

/** A file to be tried. */
export interface Input {
  readonly format: FormatName
  /** What it was made of, and how. */
  readonly from: string
  readonly bytes: Buffer
  readonly sibling?: { readonly name: string; readonly bytes: Buffer }
  /** What the reader is asked for. @default nothing */
  readonly options?: ImportOptions
}

/** Mostly none; those that take a part of a file let more of what is in it through. */
const OPTIONS: readonly ImportOptions[] = [
  {},
  {},
  {},
  { head: false },
  { prefix: '' },
  { prefix: 'gru' },
  { prefix: 'gru.', head: 'head' },
  { head: 'dense' },
  ...Object.keys(presets).map((preset) => ({ preset: preset as PresetName })),
]

/** Bytes at the begin of a file by which its format is told, or more. */
const MAGIC = [8, 64, 512]
const LONGEST_RANDOM = 4096

/** Which inputs are tried; the same ones for the same good files, on every machine. */
export interface Choice {
  /** `mutated` without end; `truncated`: each good file at every length, the smallest files first. */
  readonly inputs: 'mutated' | 'truncated'
  readonly seed: number
  /** @default all of which there are good files */
  readonly formats?: readonly FormatName[]
}

/** The input with this number. Mutated ones take the formats in turn, however many good files each has. */
export function createInput(seeds: readonly Seed[], { inputs, seed, formats }: Choice, index: number): Input {
  const chosen = formats ? seeds.filter(({ format }) => formats.includes(format)) : seeds
  return inputs === 'truncated'
    ? truncated(chosen, index)
    : mutated(chosen, createRandom(mixed(seed, index)), index)
}

/** How many truncated inputs there are. */
export function countTruncated(seeds: readonly Seed[]): number {
  return seeds.reduce((sum, { bytes }) => sum + bytes.length, 0)
}

function truncated(seeds: readonly Seed[], index: number): Input {
  let length = index
  for (const { name, format, bytes, sibling } of seeds.toSorted((a, b) => a.bytes.length - b.bytes.length)) {
    if (length < bytes.length)
      return { format, from: `${name}, ${length} bytes`, bytes: bytes.subarray(0, length), sibling }
    length -= bytes.length
  }
  throw new RangeError(`there is no truncated input ${index}`)
}

function mutated(seeds: readonly Seed[], random: Random, index: number): Input {
  const formats = [...new Set(seeds.map(({ format }) => format))]
  const format = formats[index % formats.length]
  const chosen = pick(
    random,
    seeds.filter((candidate) => candidate.format === format),
  )
  const { how, bytes, sibling } = make(chosen, random)
  const options = pick(random, OPTIONS)
  const from = `${chosen.name}, ${how}, with ${JSON.stringify(options)}`
  return { format, from, bytes, sibling: sibling ?? chosen.sibling, options }
}

function make(seed: Seed, random: Random): Pick<Input, 'bytes' | 'sibling'> & { readonly how: string } {
  const { format, bytes, sibling } = seed
  const turn = random.integer(0, 20)
  if (turn === 0) return { how: 'random', bytes: randomBytes(random, random.integer(0, LONGEST_RANDOM)) }
  if (turn === 1) {
    const magic = bytes.subarray(0, pick(random, MAGIC))
    const rest = randomBytes(random, random.integer(0, LONGEST_RANDOM))
    return { how: 'magic', bytes: Buffer.concat([magic, rest]) }
  }
  if (turn === 2 && format === 'npz' && random.integer(0, 5) === 0) {
    return { how: 'zeros', bytes: npzOfZeros(random) }
  }
  if (turn < 4) return { how: 'truncate', bytes: byteMutations.truncate(bytes, random) }
  if (turn < 8) return { how: 'bytes', bytes: mutateBytes(bytes, random) }
  if (turn === 8 && sibling) {
    return {
      how: 'sibling',
      bytes,
      sibling: { name: sibling.name, bytes: mutateBytes(sibling.bytes, random) },
    }
  }
  const changed = structure(seed)(bytes, random)
  if (random.integer(0, 8) > 0) return { how: 'structure', bytes: changed }
  return { how: 'structure and bytes', bytes: mutateBytes(changed, random) }
}

/** By what the good file is made of. */
function structure({ format, bytes }: Seed): Mutation {
  if (bytes.toString('latin1', 0, 2) === 'PK') return mutateZip(entryMutation)
  if (format === 'safetensors') return mutateSafetensors
  if (format === 'pytorch') return mutatePickle
  if (format === 'onnx') return mutateProtobuf
  if (format === 'tfjs') return mutateJson
  return mutateHdf5
}

function entryMutation(name: string): Mutation {
  if (name.endsWith('.npy')) return mutateNpy
  if (name.endsWith('.pkl')) return mutatePickle
  if (name.endsWith('.json')) return mutateJson
  if (name.endsWith('.h5')) return mutateHdf5
  return mutateBytes
}

/** Murmur3's finaliser: neighbouring numbers give unlike seeds. */
function mixed(seed: number, index: number): number {
  let h = Math.imul(seed, 0x9e3779b1) ^ index
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
