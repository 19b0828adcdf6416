import { parentPort } from 'node:worker_threads'
import { FormatError } from '../error.ts'
import { readH5 } from './h5-file.ts'
import type { H5Reply, H5Request } from './protocol.ts'

parentPort?.on('message', ({ id, file }: H5Request) => {
  const reply = answer(id, file)
  const chunks = reply.type === 'done' ? reply.file.datasets.map(({ data }) => data) : []
  parentPort?.postMessage(
    reply,
    chunks.flatMap((data) => (data instanceof Uint8Array ? [data.buffer] : [])),
  )
})

function answer(id: number, file: ArrayBuffer): H5Reply {
  try {
    return { id, type: 'done', file: readH5(file) }
  } catch (error) {
    return {
      id,
      type: 'refused',
      message: error instanceof FormatError ? error.message : 'the HDF5 file is damaged',
    }
  }
}
