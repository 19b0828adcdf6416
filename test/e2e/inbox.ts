import { connectAsync } from 'mqtt'

export interface InboxMessage {
  readonly topic: string
  readonly payload: string
}

/** An MQTT client that keeps what it receives. */
export interface Inbox {
  readonly messages: readonly InboxMessage[]
  /** Settles when a message matches, one that has come already or a later one. */
  until(matches: (message: InboxMessage) => boolean): Promise<InboxMessage>
  /** Publishes and waits for the broker's acknowledgement. */
  publish(topic: string, payload: string, options?: { retain?: boolean }): Promise<void>
  close(): Promise<void>
}

export async function openInbox(url: string, topics: string[]): Promise<Inbox> {
  const client = await connectAsync(url)
  const messages: InboxMessage[] = []
  const waiting = new Set<(message: InboxMessage) => void>()
  client.on('message', (topic, bytes) => {
    const message = { topic, payload: bytes.toString() }
    messages.push(message)
    for (const check of waiting) check(message)
  })
  await client.subscribeAsync(topics)
  return {
    messages,
    until(matches) {
      const there = messages.find(matches)
      if (there) return Promise.resolve(there)
      return new Promise((resolve) => {
        const check = (message: InboxMessage): void => {
          if (!matches(message)) return
          waiting.delete(check)
          resolve(message)
        }
        waiting.add(check)
      })
    },
    async publish(topic, payload, { retain = false } = {}) {
      await client.publishAsync(topic, payload, { qos: 1, retain })
    },
    close: () => client.endAsync(),
  }
}
