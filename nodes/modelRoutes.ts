import { directions } from '../src/engine/spec.ts'
import type { Inspection } from '../src/formats/types.ts'
import { openModelFiles } from './models.ts'
import type { AdminRequest, Red } from './red.ts'
import { answering, isForeign } from './routes.ts'

const MAX_UPLOAD_MB = 64
const MAX_UPLOAD = MAX_UPLOAD_MB * 2 ** 20
const TYPE = 'application/octet-stream'

/** Lets the editor list the model files for nodes of this type, and nothing else. */
export function listModelFiles({ httpAdmin, auth, settings }: Red, type: string): void {
  httpAdmin.get(
    `/${type}/models`,
    auth.needsPermission(`${type}.read`),
    answering(async () => ({ status: 200, body: { files: await openModelFiles(settings.userDir).list() } })),
  )
}

/** Lets the editor list the model files and upload one, and nothing else. */
export function serveModelFiles(RED: Red): void {
  const files = () => openModelFiles(RED.settings.userDir)
  const { httpAdmin, auth } = RED

  listModelFiles(RED, 'gru-step')
  httpAdmin.post(
    '/gru-step/models/:name',
    auth.needsPermission('gru-step.write'),
    answering(async (request) => {
      if (isForeign(request)) return { status: 403, body: { error: 'the page is not of this server' } }
      if (!isType(request.headers['content-type'])) {
        return { status: 415, body: { error: `the file must come as ${TYPE}` } }
      }
      const bytes = await readBody(request)
      if (!bytes) return { status: 413, body: { error: `a file may have ${MAX_UPLOAD_MB} MB at most` } }
      const { name } = request.params
      return { status: 200, body: { name, ...summary(await files().keep(name, bytes)) } }
    }),
  )
}

/** Names of types are the same in capitals, and may have parameters. */
function isType(header = ''): boolean {
  return header.split(';')[0].trim().toLowerCase() === TYPE
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
