import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

const HOST = '127.0.0.1'
const TRIES = 50

/**
 * Listens on this machine only, on `port` or the next free one above it (0: any free one).
 *
 * @returns the port that was free
 * @throws Error when 50 ports in a row are taken
 */
export async function listen(server: Server, port: number): Promise<number> {
  for (let candidate = port; candidate < port + TRIES; candidate++) {
    try {
      server.listen(candidate, HOST)
      await once(server, 'listening')
      return (server.address() as { port: number }).port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
  throw new Error(`ports ${port} to ${port + TRIES - 1} are all taken`)
}

/** A port that is free now: `port` or the next one above it, for a server that opens it itself. */
export async function freePort(port: number): Promise<number> {
  const probe = createServer()
  const free = await listen(probe, port)
  probe.close()
  await once(probe, 'close')
  return free
}
