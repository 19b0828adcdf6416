import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

// Just enough of NumPy's format to read what a backtest writes, independent of the package's own reader;
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.

const MAGIC = '\x93NUMPY\x01\x00'
const TYPES = { '<f4': Float32Array, '<i4': Int32Array }

/** @returns { shape, values } of an array of version 1, row-major */
export function readNpy(path) {
  if (endianness() !== 'LE') throw new Error('arrays are read on little-endian machines only')
  const bytes = readFileSync(path)
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error(`${path} is no array of version 1`)
  const begin = MAGIC.length + 2
  const end = begin + bytes.readUInt16LE(MAGIC.length)
  const header = bytes.toString('latin1', begin, end)
  const [, type] = header.match(/'descr': '(.{3})'/) ?? []
  const [, sizes] = header.match(/'fortran_order': False, 'shape': \(([\d, ]+)\)/) ?? []
  if (!TYPES[type] || !sizes) throw new Error(`${path} has the header ${header.trim()}`)
  const shape = sizes
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  const data = bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length)
  const values = new TYPES[type](data)
  if (values.length !== shape.reduce((a, b) => a * b)) throw new Error(`${path} is cut short`)
  return { shape, values }
}
