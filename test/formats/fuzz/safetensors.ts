import { awkward, type Mutation, mutateBytes, pick } from './bytes.ts'
import { mutateJson } from './json.ts'

/** The header's JSON or text changed, its length put right mostly, the numbers changed sometimes. */
export const mutateSafetensors: Mutation = (bytes, random) => {
  const length = Number(bytes.readBigUInt64LE())
  const header = bytes.subarray(8, 8 + length)
  const changed = pick(random, [mutateJson, mutateJson, mutateJson, mutateBytes])(header, random)
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(random.integer(0, 10) > 0 ? BigInt(changed.length) : awkward(random, bytes.length))
  const data = bytes.subarray(8 + length)
  return Buffer.concat([prefix, changed, random.integer(0, 6) > 0 ? data : mutateBytes(data, random)])
}
