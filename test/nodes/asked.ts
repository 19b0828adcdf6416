import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Runtime } from './red.ts'

/** What the editor's web server answers a request for this path. */
export async function asked(
  red: Runtime,
  path: string,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const server = createServer(red.admin()).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => server.once('listening', resolve))
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  } finally {
    server.closeAllConnections()
    server.close()
  }
}
