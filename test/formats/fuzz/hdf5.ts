import type { Random } from '../../../src/engine/random.ts'
import { awkward, type Mutation, mutateBytes, pick } from './bytes.ts'

const SIGNATURES = ['\x89HDF', 'TREE', 'SNOD', 'HEAP', 'GCOL', 'OHDR', 'OCHK', 'FRHP', 'FHDB', 'BTHD']
/** Bytes after a signature in which its fields lie. */
const NEAR = 96
const WORD = 8

/** Sizes and addresses changed: near the signatures, or one address put for another, so that structures loop. */
export const mutateHdf5: Mutation = (bytes, random) => {
  let result = bytes
  for (let n = 1 + random.integer(0, 3); n > 0; n--) {
    result = pick(random, [nearSignature, nearSignature, readdressed, json, mutateBytes])(result, random)
  }
  return result
}

function places(bytes: Buffer): number[] {
  return SIGNATURES.flatMap((signature) => {
    const found: number[] = []
    for (
      let at = bytes.indexOf(signature, 0, 'latin1');
      at >= 0;
      at = bytes.indexOf(signature, at + 1, 'latin1')
    ) {
      found.push(at)
    }
    return found
  })
}

function nearSignature(bytes: Buffer, random: Random): Buffer {
  const known = places(bytes)
  if (known.length === 0) return bytes
  const result = Buffer.from(bytes)
  const at = pick(random, known) + random.integer(0, NEAR)
  const written = Buffer.alloc(WORD)
  written.writeBigUInt64LE(awkward(random, bytes.length))
  written.copy(result, at, 0, pick(random, [1, 2, 4, WORD]))
  return result
}

function readdressed(bytes: Buffer, random: Random): Buffer {
  const known = places(bytes)
  if (known.length === 0) return bytes
  const target = pick(random, known)
  const users: number[] = []
  for (let at = 0; at + WORD <= bytes.length; at += WORD) {
    const value = bytes.readBigUInt64LE(at)
    if (value > 0n && value < BigInt(bytes.length)) users.push(at)
  }
  if (users.length === 0) return bytes
  const result = Buffer.from(bytes)
  result.writeBigUInt64LE(BigInt(target), pick(random, users))
  return result
}

/** The configuration of the model, which is JSON of a length that must stay. */
function json(bytes: Buffer, random: Random): Buffer {
  const begin = bytes.indexOf('{"', 0, 'latin1')
  if (begin < 0) return bytes
  const result = Buffer.from(bytes)
  const [from, to] = pick(random, [
    ['true', 'null'],
    ['false', '  {} '.slice(0, 5)],
    ['null', '[[]]'],
    ['"GRU"', '"RNN"'],
    ['"units": 5', '"units": 9'],
    ['"units": 5', '"units":-5'],
    ['sigmoid', 'softmax'],
    ['"tanh"', '"relu"'],
    ['"config"', '"confiG"'],
    ['{"', '[['],
    ['}', ']'],
  ])
  const at = result.indexOf(from, begin + random.integer(0, 2000), 'latin1')
  if (at >= 0) result.write(to, at, 'latin1')
  return result
}
