import { once } from 'node:events'
import { createServer } from 'node:net'
import { cloneOnly } from './clone-only.ts'
import { listen } from './listen.ts'

export interface Broker {
  readonly url: string
  readonly port: number
  /** Disconnects every client. Idempotent. */
  close(): Promise<void>
}

/** An MQTT 3.1.1 broker within this process, on 127.0.0.1 and `port` or the next free one (0: any). */
export async function openBroker(options: { port: number }): Promise<Broker> {
  const { Aedes } = await cloneOnly('aedes', () => import('aedes'))
  const aedes = await Aedes.createBroker()
  const server = createServer(aedes.handle)
  const port = await listen(server, options.port)
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    await new Promise<void>((resolve) => aedes.close(resolve))
    await closed
  }
  return {
    url: `mqtt://127.0.0.1:${port}`,
    port,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
