import type { MqttStatus } from '../mqtt/client.ts'

/** Name and password for a broker; a password comes only with a name (MQTT 3.1.1, 3.1.2.9). */
export interface Credentials {
  readonly username?: string
  readonly password?: string
}

/** A broker's URL without name and password, as it may be shown. */
export function shownUrl(url: string): string {
  const { protocol, host } = new URL(url)
  return `${protocol}//${host}`
}

/**
 * Takes name and password out of a URL, decoded, so that nothing that shows the URL shows them.
 * @throws URIError when they are not percent-encoded text
 */
export function splitCredentials(url: string): { readonly url: string; readonly credentials: Credentials } {
  const parsed = new URL(url)
  const username = decodeURIComponent(parsed.username) || undefined
  const password = decodeURIComponent(parsed.password) || undefined
  parsed.username = ''
  parsed.password = ''
  return { url: parsed.href, credentials: { username, password } }
}

/** What went wrong in a connection; several addresses that all failed give an error without words of its own. */
export function problemOf(error: Error): string {
  if (error.message) return error.message
  const [first] = error instanceof AggregateError ? (error.errors as Error[]) : []
  return first?.message || (error as NodeJS.ErrnoException).code || error.name
}

/** Says once what is wrong with the broker, and again when something else is. */
export function brokerReport(
  url: string,
  say: (text: string) => void = console.error,
): (status: MqttStatus) => void {
  let reported = ''
  return (status) => {
    const problem = status.state === 'error' ? problemOf(status.error) : ''
    if (problem !== '' && problem !== reported) say(`MQTT broker ${shownUrl(url)}: ${problem}; trying again`)
    reported = problem || (status.state === 'connected' ? '' : reported)
  }
}
