import type { Random } from '../../../src/engine/random.ts'
import { pick } from './bytes.ts'
import { zipOfZeros } from './zip.ts'

const MOST_UNITS = 2500
const TYPES = [
  ['<f2', 2],
  ['<f4', 4],
  ['<f8', 8],
] as const

/** A good `.npz` of a GRU whose weights are zero: small, and large once it is read. */
export function npzOfZeros(random: Random): Buffer {
  const H = random.integer(1, MOST_UNITS)
  const [type, size] = pick(random, TYPES)
  const order = pick(random, ['True', 'False'])
  const array = (name: string, rows: number, columns: number) => ({
    name: `${name}.npy`,
    data: header(`{'descr': '${type}', 'fortran_order': ${order}, 'shape': (${rows}, ${columns}), }`),
    zeros: rows * columns * size,
  })
  if (random.integer(0, 2) > 0)
    return zipOfZeros([array('weight_ih_l0', 3 * H, 1), array('weight_hh_l0', 3 * H, H)])
  return zipOfZeros(['r', 'z', 'h'].flatMap((gate) => [array(`W${gate}`, H, 1), array(`U${gate}`, H, H)]))
}

function header(text: string): Buffer {
  const prefix = Buffer.from('\x93NUMPY\x01\0\0\0', 'latin1')
  prefix.writeUInt16LE(text.length, prefix.length - 2)
  return Buffer.concat([prefix, Buffer.from(text)])
}
