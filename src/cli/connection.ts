import type { MqttStatus } from '../mqtt/client.ts'
import { problemOf, shownUrl } from './broker-url.ts'
import { printable } from './printable.ts'
import type { WatchOptions } from './watch-options.ts'

export interface Connection {
  /** Settles when the broker has accepted for the first time. @throws Error when it cannot be reached, or refuses */
  readonly first: Promise<void>
  /** Rejects when no attempt will be made any more. */
  readonly failed: Promise<never>
  readonly onStatus: (status: MqttStatus) => void
  readonly fail: (error: Error) => void
  /** What is wrong with it; blank: nothing. */
  readonly line: () => string
}

/** What the connection has come to. On a terminal the view says so, elsewhere standard error. */
export function createConnection({ url, json }: WatchOptions): Connection {
  const inView = process.stdout.isTTY && !json
  let accepted = false
  let online = false
  let problem = ''
  let accept = (): void => {}
  let refuse: (error: Error) => void = () => {}
  let fail: (error: Error) => void = () => {}
  const first = new Promise<void>((resolve, reject) => {
    accept = resolve
    refuse = reject
  })
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  // Only what is waited for is thrown.
  failed.catch(() => {})
  const set = (text: string): void => {
    if (text !== problem && text !== '' && !inView) console.error(text)
    problem = text
  }
  return {
    first,
    failed,
    fail(error) {
      refuse(error)
      fail(error)
    },
    onStatus(status) {
      const broker = `MQTT broker ${shownUrl(url)}`
      if (status.state === 'connected') {
        if (problem !== '' && !inView) console.error(`${broker}: connected again`)
        online = true
        accepted = true
        problem = ''
        accept()
      } else if (status.state === 'error') {
        const reason = printable(problemOf(status.error))
        if (!accepted) refuse(new Error(`cannot connect to ${shownUrl(url)}: ${reason}`))
        // As when it refuses a subscription.
        else set(`${broker}: ${reason}${online ? '' : '; trying again'}`)
      } else if (status.state === 'offline') {
        online = false
        if (accepted && problem === '') set(`${broker}: the connection was lost; trying again`)
      }
    },
    line: () => problem,
  }
}
