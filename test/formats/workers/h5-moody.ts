import { parentPort, threadId } from 'node:worker_threads'
import type { H5Request } from '../../../src/formats/keras/protocol.ts'

/** Does what the first byte of the file says, and refuses with the number of its thread. */
parentPort?.on('message', ({ id, file }: H5Request) => {
  const [mood] = new Uint8Array(file)
  while (mood === 1);
  if (mood === 2) throw new Error('a bad mood')
  if (mood === 3) process.exit(3)
  if (mood === 4)
    parentPort?.postMessage({ id: id - 1, type: 'refused', message: 'an answer to another question' })
  const hoard: string[][] = []
  while (mood === 5) hoard.push(Array.from({ length: 1000 }, (_, i) => `${hoard.length} ${i}`))
  parentPort?.postMessage({ id, type: 'refused', message: `thread ${threadId}` })
})
