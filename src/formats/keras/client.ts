import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { FormatError } from '../error.ts'
import { WORKER_HEAP_MB } from './h5-limits.ts'
import type { H5File, H5Reply, H5Request } from './protocol.ts'

/** Reads HDF5 files in a worker thread. */
export interface H5Client {
  /**
   * What is in a file, whose bytes are copied at its turn; files are read one after another.
   *
   * Rejected with a FormatError when it cannot be read, or not within the limits of time and memory. The next file
   * then gets a fresh worker.
   */
  read(bytes: Uint8Array): Promise<H5File>
}

export interface H5ClientOptions {
  /** Module that answers {@link H5Request}s. @default the package's own worker */
  readonly url?: URL
  /** Milliseconds after which a file is given up. @default 10000 */
  readonly timeoutMs?: number
  /** Milliseconds without a file after which the worker ends. @default 5000 */
  readonly idleMs?: number
}

/** Bytes of a file after which its worker is ended at once, because it would keep its copy for long. */
const LARGE = 2 ** 20
const OWN_WORKER = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)

/** Makes a client. Its worker starts with the first file and does not keep the process alive between files. */
export function createH5Client(options: H5ClientOptions = {}): H5Client {
  const { url = OWN_WORKER, timeoutMs = 10_000, idleMs = 5000 } = options
  let worker: Worker | null = null
  let idle: NodeJS.Timeout | undefined
  let turn: Promise<unknown> = Promise.resolve()
  let ids = 0

  function start(): Worker {
    const started = new Worker(url, {
      name: 'gruflow-hdf5',
      // The program's own flags are not for workers: with `node --input-type=module` none would start.
      execArgv: [],
      // What the library prints is not for this program's output.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_HEAP_MB, maxYoungGenerationSizeMb: 4 },
    })
    // Without a listener, a worker that dies between files would take the process with it.
    started.on('error', () => {})
    started.on('exit', () => {
      if (worker === started) worker = null
    })
    return started
  }

  function once(bytes: Uint8Array): Promise<H5File> {
    clearTimeout(idle)
    const current = worker ?? start()
    worker = current
    const id = ++ids
    return new Promise<H5File>((resolve, reject) => {
      const settle = (result: H5File | FormatError, keep: boolean): void => {
        clearTimeout(timer)
        current.off('message', receive).off('error', fail).off('exit', leave)
        if (keep) {
          current.unref()
          idle = setTimeout(() => void current.terminate(), idleMs).unref()
        } else {
          if (worker === current) worker = null
          void current.terminate()
        }
        if (result instanceof FormatError) reject(result)
        else resolve(result)
      }
      const receive = (reply: H5Reply): void => {
        if (reply.id !== id) return
        const small = bytes.byteLength <= LARGE
        settle(reply.type === 'done' ? reply.file : new FormatError(reply.message), small)
      }
      const fail = (error: NodeJS.ErrnoException): void => {
        const memory = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        const reason = memory ? `takes more than ${WORKER_HEAP_MB} MB of memory` : 'failed'
        settle(new FormatError(`reading the HDF5 file ${reason}`, { cause: error }), false)
      }
      const leave = (): void =>
        settle(new FormatError('reading the HDF5 file ended without an answer'), false)
      const timer = setTimeout(() => {
        settle(new FormatError(`the HDF5 file could not be read within ${timeoutMs / 1000} s`), false)
      }, timeoutMs)
      current.on('message', receive).on('error', fail).on('exit', leave)
      current.ref()
      const file = new Uint8Array(bytes).buffer
      current.postMessage({ id, file } satisfies H5Request, [file])
    })
  }

  return {
    read(bytes) {
      const result = turn.then(() => once(bytes))
      turn = result.catch(() => {})
      return result
    },
  }
}
