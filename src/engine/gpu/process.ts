import { extname } from 'node:path'
import { type Connection, connect } from './connection.ts'
import { missingPackage } from './installed.ts'
import { NoGpuError } from './no-gpu.ts'
import type { Adapter } from './protocol.ts'

export { GpuLostError } from './connection.ts'

/** A GPU, and the process that owns it, shared with others. */
export interface Gpu extends Pick<Connection, 'pid' | 'ask' | 'onLost'> {
  readonly adapter: Adapter
  /** What runs there, as outcomes say it: `gpu:nvidia`, `gpu:swiftshader`. */
  readonly name: string
  /** Gives this share back; `ask` may not be called after it. */
  release(): void
}

const OWN_CHILD = new URL(`./child/main${extname(import.meta.url)}`, import.meta.url)
/** Loading Dawn and a driver. */
const OPENING_MS = 10_000
/** For so long, less than until a lost GPU is tried again, there is taken to be none: to hear it again costs a process. */
const REFUSED_MS = 50_000
/** How long the process stays after its last user, for the next. */
const KEPT_MS = 10_000
/** What decides which drivers a process finds; it is read when the process starts. */
const VARIABLES = ['GRUFLOW_SOFTWARE_GPU', 'VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'LD_LIBRARY_PATH'] as const

/** A process that is shared, from its start to its end. */
interface Shared {
  readonly connection: Connection
  readonly adapter: Promise<Adapter>
  readonly environment: string
  users: number
  timer?: NodeJS.Timeout
}

/** A process has found that there is no GPU. */
interface Refusal {
  readonly error: NoGpuError
  readonly at: number
  readonly environment: string
}

/**
 * Makes a source of GPUs whose process is the module `url`: it starts with the first share, serves all, and ends a
 * while after the last. Where it finds no GPU, the next that ask within a minute are told so without a process.
 */
export function createGpuSource(url: URL = OWN_CHILD): () => Promise<Gpu> {
  let current: Shared | undefined
  let refusal: Refusal | undefined

  function isRefused({ at, environment }: Refusal): boolean {
    return performance.now() - at < REFUSED_MS && environment === environmentNow()
  }

  function start(): Shared {
    const connection = connect(url)
    const adapter = connection.ask(
      'hello',
      () => ({}),
      (answer) => answer.adapter,
      { deadlineMs: OPENING_MS },
    )
    const shared: Shared = { connection, adapter, environment: environmentNow(), users: 0 }
    connection.onLost(() => forget(shared))
    return shared
  }

  function forget(shared: Shared): void {
    clearTimeout(shared.timer)
    if (current === shared) current = undefined
  }

  function leave(shared: Shared): void {
    shared.users--
    if (shared.users > 0) return
    shared.timer = setTimeout(() => {
      forget(shared)
      shared.connection.end()
    }, KEPT_MS)
    shared.timer.unref()
  }

  return async () => {
    const missing = missingPackage()
    if (missing) throw new NoGpuError(missing)
    if (refusal && isRefused(refusal)) throw refusal.error
    // Whoever has a share of another keeps it.
    if (current?.environment !== environmentNow()) current = start()
    const shared = current
    shared.users++
    clearTimeout(shared.timer)
    let adapter: Adapter
    try {
      adapter = await shared.adapter
    } catch (error) {
      if (error instanceof NoGpuError) {
        refusal = { error, at: performance.now(), environment: shared.environment }
      }
      // Without an adapter it is of no use to anyone.
      forget(shared)
      shared.connection.end()
      throw error
    }
    let held = true
    return {
      pid: shared.connection.pid,
      ask: shared.connection.ask,
      onLost: shared.connection.onLost,
      adapter,
      name: `gpu:${nameOf(adapter)}`,
      release() {
        if (held) leave(shared)
        held = false
      },
    }
  }
}

/** The GPU of this machine. @throws NoGpuError when there is none; Error when there may be one later */
export const acquireGpu: () => Promise<Gpu> = createGpuSource()

function environmentNow(): string {
  return JSON.stringify(VARIABLES.map((name) => process.env[name]))
}

function nameOf({ software, vendor, architecture }: Adapter): string {
  return (software && architecture) || vendor || 'unknown'
}
