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

function respond(response: ServerResponse, { status, body }: Answer): void {
  // A body that was not read to its end cannot be followed by another request.
  const connection = status === 413 ? { connection: 'close' } : {}
  response.writeHead(status, { 'content-type': 'application/json', ...connection })
  response.end(JSON.stringify(body))
}
