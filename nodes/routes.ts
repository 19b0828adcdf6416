import type { ServerResponse } from 'node:http'
import type { AdminHandler, AdminRequest } from './red.ts'

/** What a route of the editor answers, as JSON. */
export interface Answer {
  readonly status: number
  readonly body: object
}

/** What goes wrong is told to the editor; nothing is thrown at the server. */
export function answering(answer: (request: AdminRequest) => Promise<Answer>): AdminHandler {
  return (request, response) => {
    answer(request)
      .catch((error): Answer => ({ status: 400, body: { error: error.message } }))
      .then((given) => respond(response, given))
  }
}

/**
 * Whether a browser asks for a page of another server. Node-RED's editor answers all of them (CORS `*`), so without
 * users any page that a person of this network opens could upload, or end a fit. What browsers say of themselves here no page can
 * forge; programs that are none say nothing.
 */
export function isForeign({ headers }: AdminRequest): boolean {
  // Also true behind a proxy that gives this server another name.
  if (headers.origin === undefined || headers['sec-fetch-site'] === 'same-origin') return false
  // An origin that is none, such as `null`, has no host.
  return URL.canParse(headers.origin) ? new URL(headers.origin).host !== headers.host : true
}

function respond(response: ServerResponse, { status, body }: Answer): void {
  // A body that was not read to its end cannot be followed by another request.
  const connection = status === 413 ? { connection: 'close' } : {}
  response.writeHead(status, { 'content-type': 'application/json', ...connection })
  response.end(JSON.stringify(body))
}
