import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FormatName } from '../../../src/formats/types.ts'

/** A good file that inputs are made of. */
export interface Seed {
  /** Its path below the fixtures. */
  readonly name: string
  readonly format: FormatName
  readonly bytes: Buffer
  /** The file beside it that it names. */
  readonly sibling?: { readonly name: string; readonly bytes: Buffer }
}

const LARGEST = 64 * 1024
const FIXTURES = fileURLToPath(new URL('../../../../test/fixtures', import.meta.url))
const FOLDERS = /^weights/

/** All small weight files of the fixtures, in an order that is the same everywhere. */
export function loadSeeds(): readonly Seed[] {
  return readdirSync(FIXTURES, { recursive: true })
    .map((name) => String(name).replaceAll('\\', '/'))
    .filter((name) => FOLDERS.test(name))
    .sort()
    .flatMap((name) => loadSeed(name) ?? [])
}

function loadSeed(name: string): Seed | undefined {
  const format = formatOf(name)
  if (!format) return undefined
  const path = join(FIXTURES, name)
  const bytes = readFileSync(path)
  if (bytes.length > LARGEST) return undefined
  if (format !== 'tfjs') return { name, format, bytes }
  const shard = readdirSync(dirname(path)).find((file) => file.endsWith('.bin'))
  return shard
    ? { name, format, bytes, sibling: { name: shard, bytes: readFileSync(join(dirname(path), shard)) } }
    : undefined
}

/** By the names that the fixtures have, not by a reader under test. */
function formatOf(name: string): FormatName | undefined {
  if (name.endsWith('.safetensors')) return 'safetensors'
  if (name.endsWith('.npz')) return 'npz'
  if (name.endsWith('.pt') || name.endsWith('.pth')) return 'pytorch'
  if (name.endsWith('.onnx')) return 'onnx'
  if (name.endsWith('.keras')) return 'keras'
  if (name.endsWith('.weights.h5')) return 'keras-weights'
  if (name.endsWith('.h5')) return 'keras-h5'
  if (basename(name) === 'model.json') return 'tfjs'
  return undefined
}
