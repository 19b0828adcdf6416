import { Dataset, File, type Group } from 'jsfive'
import { quote } from '../../quote.ts'
import { FormatError } from '../error.ts'
import { MAX_DEPTH, MAX_TENSORS } from '../limits.ts'
import { readAttributes } from './h5-attribute.ts'
import { chargeSlices, limitFilters } from './h5-budget.ts'
import { readDataset } from './h5-dataset.ts'
import { MAX_CHUNKED_TOTAL, MAX_OBJECTS } from './h5-limits.ts'
import type { H5Attribute, H5Dataset, H5File } from './protocol.ts'

/**
 * Lists what is in an HDF5 file (Format Specification 3.0, as far as the library jsfive reads it).
 *
 * Runs in a worker, because the library checks little: a damaged file may make it loop.
 * @throws FormatError, or whatever the library throws, when the file cannot be read
 */
export function readH5(buffer: ArrayBuffer): H5File {
  limitFilters()
  const datasets: H5Dataset[] = []
  const attributes: H5Attribute[] = []
  const seen = new Set<number>()
  let stored = 0
  let chunked = 0

  const visit = (object: Group | Dataset, path: string, depth: number): void => {
    const name = quote(path)
    if (depth > MAX_DEPTH)
      throw new FormatError(`the groups of the HDF5 file are nested deeper than ${MAX_DEPTH}`)
    if (seen.has(object._dataobjects.offset)) {
      throw new FormatError(`${name} in the HDF5 file is linked more than once`)
    }
    seen.add(object._dataobjects.offset)
    if (seen.size > MAX_OBJECTS) throw new FormatError(`the HDF5 file has more than ${MAX_OBJECTS} objects`)
    if (object instanceof Dataset) {
      const dataset = readDataset(buffer, object._dataobjects, path)
      if (dataset.data instanceof Uint8Array) chunked += dataset.data.byteLength / 4
      else stored += dataset.data.length
      // Datasets that share their bytes would unfold to many times the file.
      if (stored > buffer.byteLength) throw new FormatError('datasets of the HDF5 file overlap')
      if (chunked > MAX_CHUNKED_TOTAL) throw new FormatError('the HDF5 file stores too much in chunks')
      if (datasets.push(dataset) > MAX_TENSORS) {
        throw new FormatError(`the HDF5 file has more than ${MAX_TENSORS} datasets`)
      }
      return
    }
    attributes.push(...readAttributes(buffer, object._dataobjects, path))
    for (const [key, target] of Object.entries(object._links)) {
      const below = path ? `${path}/${key}` : key
      if (typeof target !== 'number') {
        throw new FormatError(`${quote(below)} in the HDF5 file is a soft link, which is not followed`)
      }
      if (key === '' || key === '.' || key.includes('/')) {
        throw new FormatError(`the HDF5 file has the impossible name ${quote(key)}`)
      }
      visit(
        open(() => object.get(key), below),
        below,
        depth + 1,
      )
    }
  }

  chargeSlices(buffer)
  visit(
    open(() => new File(buffer, ''), ''),
    '',
    0,
  )
  return { datasets, attributes }
}

/** The library throws texts and failed assertions of its own; both become one sentence. */
function open(make: () => Group | Dataset | null, path: string): Group | Dataset {
  try {
    const object = make()
    if (object) return object
  } catch (error) {
    if (error instanceof FormatError) throw error
  }
  const where = path ? `${quote(path)} in the HDF5 file` : 'the HDF5 file'
  throw new FormatError(`${where} is damaged, or uses what Keras does not write, such as external links`)
}
