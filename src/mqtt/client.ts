import type { Socket } from 'node:net'
import type { IClientOptions, MqttClient } from 'mqtt'
import { quote } from '../quote.ts'
import { checkFunctions } from './check.ts'

/** What the connection to the broker is doing; it keeps trying, whatever the state. */
export type MqttStatus =
  | { readonly state: 'connected' }
  /** The broker confirmed the subscriptions. */
  | { readonly state: 'subscribed' }
  | { readonly state: 'offline' }
  | { readonly state: 'error'; readonly error: Error }

export interface MqttOptions {
  /** Passed to `connect` of mqtt.js: `clientId`, `clean`, `username`, `password`, `ca`, `protocolVersion` … */
  readonly client?: IClientOptions
  /** Called when the connection changes and for each failed attempt. */
  readonly onStatus?: (status: MqttStatus) => void
}

interface Handlers {
  /** Connected, for the first time or again. */
  connect(client: MqttClient, sessionPresent: boolean, report: (status: MqttStatus) => void): void
  close?(): void
  /** No further attempt will be made. */
  fail(error: Error): void
}

const SCHEMES: readonly string[] = ['mqtt:', 'mqtts:', 'tcp:', 'ssl:', 'tls:', 'ws:', 'wss:']
/** Time for the broker to answer a farewell, ms. */
const FAREWELL = 1000

/**
 * Checks what can be known without a connection.
 * @throws TypeError naming the url (without its password) or the option
 */
export function checkConnection(url: string, options: MqttOptions): void {
  const { client = {} } = options
  const parsed = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !SCHEMES.includes(parsed.protocol) || parsed.hostname === '') {
    const shown = typeof url === 'string' ? url.replace(/\/\/[^/]*@/, '//…@') : url
    throw new TypeError(`url must be like mqtt://host:1883, got ${quote(shown)}`)
  }
  if (client.clean === false && !client.clientId) {
    throw new TypeError('client.clean false needs a client.clientId for the broker to know it by, got none')
  }
  checkFunctions(options, 'onStatus')
}

/** Connects and stays connected; returns the function that ends it. */
export function openConnection(url: string, options: MqttOptions, handlers: Handlers): () => void {
  const { client: clientOptions, onStatus } = options
  let client: MqttClient | undefined
  let ended = false
  let lastError: Error | undefined

  const report = (status: MqttStatus): void => {
    if (!ended) onStatus?.(status)
  }

  const open = ({ connect }: typeof import('mqtt')): void => {
    if (ended) return
    // A broker that refuses (still starting, overloaded) may not do so for ever.
    const opened = connect(url, { reconnectOnConnackError: true, ...clientOptions, resubscribe: false })
    client = opened
    opened.on('connect', ({ sessionPresent }) => {
      // mqtt.js leaves Nagle's algorithm on: a small packet then waits, up to 40 ms, until the peer has
      // acknowledged the one before.
      // A WebSocket has switched it off already.
      ;(opened.stream as Partial<Socket>).setNoDelay?.(true)
      report({ state: 'connected' })
      handlers.connect(opened, sessionPresent, report)
    })
    opened.on('offline', () => report({ state: 'offline' }))
    opened.on('error', (error) => {
      lastError = error
      report({ state: 'error', error })
    })
    opened.on('close', () => {
      if (ended) return
      handlers.close?.()
      // Options may forbid reconnecting; mqtt.js then stays silent for ever.
      if (!opened.reconnecting) handlers.fail(lastError ?? new Error('connection to the broker was lost'))
    })
  }

  // Loaded when first needed: it takes half as long again as the rest of the package.
  import('mqtt').then(open).catch((error) => {
    if (!ended) handlers.fail(error)
  })
  return () => {
    ended = true
    if (client) hangUp(client)
    client = undefined
  }
}

/** Says goodbye when there is someone to say it to; never waits for a peer that is gone. */
function hangUp(client: MqttClient): void {
  const { stream } = client
  const force = !client.connected || Object.keys(client.outgoing).length > 0
  client.end(force)
  if (force) return
  const timer = setTimeout(() => stream.destroy(), FAREWELL)
  timer.unref()
  stream.once('close', () => clearTimeout(timer))
}
