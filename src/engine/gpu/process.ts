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
/** Loading Dawn and a driver, building kernels. */
const OPENING_MS = 20_000
/** How long the process stays after its last user, for the next. */
const KEPT_MS = 10_000

/** A process that is shared, from its start to its end. */
interface Shared {
  readonly connection: Connection
  readonly adapter: Promise<Adapter>
  users: number
  timer?: NodeJS.Timeout
}

/**
 * Makes a source of GPUs whose process is the module `url`: it starts with the first share, serves all, and ends a
 * while after the last.
 */
export function createGpuSource(url: URL = OWN_CHILD): () => Promise<Gpu> {
  let current: Shared | undefined

  function start(): Shared {
    const connection = connect(url)
    const adapter = connection.ask(
      'hello',
      () => ({}),
      (answer) => answer.adapter,
      { deadlineMs: OPENING_MS },
    )
    const shared: Shared = { connection, adapter, users: 0 }
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
    current ??= start()
    const shared = current
    shared.users++
    clearTimeout(shared.timer)
    let adapter: Adapter
    try {
      adapter = await shared.adapter
    } catch (error) {
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

function nameOf({ software, vendor, architecture }: Adapter): string {
  return (software && architecture) || vendor || 'unknown'
}
