import type { ServerResponse } from 'node:http'
import { directions } from '../src/engine/spec.ts'
import type { Inspection } from '../src/formats/types.ts'
import { openModelFiles } from './models.ts'
import type { AdminHandler, AdminRequest, Red } from './red.ts'

const MAX_UPLOAD = 64 * 2 ** 20

/** Lets the editor list the model files and upload one, and nothing else. */
export function serveModelFiles(RED: Red): void {
  const files = () => openModelFiles(RED.settings.userDir)
  const { httpAdmin, auth } = RED

  httpAdmin.get(
    '/gru-step/models',
    auth.needsPermission('gru-step.read'),
    answering(async () => ({ status: 200, body: { files: await files().list() } })),
  )
  httpAdmin.post(
    '/gru-step/models/:name',
    auth.needsPermission('gru-step.write'),
    answering(async (request) => {
      // Any page may send a form to this server; only one of its own may send this type.
      if (request.headers['content-type'] !== 'application/octet-stream') {
        return { status: 415, body: { error: 'the file must come as application/octet-stream' } }
      }
      const bytes = await readBody(request)
      if (!bytes) return { status: 413, body: { error: `a file may have ${MAX_UPLOAD} bytes at most` } }
      const { name } = request.params
      return { status: 200, body: { name, ...summary(await files().keep(name, bytes)) } }
    }),
  )
}

interface Answer {
  readonly status: number
  readonly body: object
}

/** What goes wrong is told to the editor; nothing is thrown at the server. */
function answering(answer: (request: AdminRequest) => Promise<Answer>): AdminHandler {
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

/** The body, or nothing when it is larger than an upload may be. */
function readBody(request: AdminRequest): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length']) > MAX_UPLOAD) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.byteLength
      if (size <= MAX_UPLOAD) {
        chunks.push(chunk)
        return
      }
      chunks.length = 0
      resolve(undefined)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('close', () => reject(new Error('the upload was broken off')))
    request.on('error', reject)
  })
}

/** What the dialog says of a file. */
function summary({ format, spec, problem }: Inspection): object {
  if (!spec) return { format, problem }
  const { inputSize, layers, hiddenSize } = spec
  const outputSize = spec.outputSize || directions(spec) * hiddenSize
  return { format, inputSize, layers, hiddenSize, outputSize }
}
