import { type FileHandle, open, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { createGunzip } from 'node:zlib'
import { quote } from '../quote.ts'
import { createCsvReader } from './csv-reader.ts'
import type { CsvOptions, CsvTable } from './types.ts'

/** Characters of lines that are joined before they are parsed. */
const JOINED = 2 ** 16
/** First two bytes. */
const GZIP = 0x1f8b
/** Of a decoder, when bytes are not what it is for. */
const NOT_DECODED = 'ERR_ENCODING_INVALID_ENCODED_DATA'
const UTF_16 = [0xfffe, 0xfeff]
/** What the commonest errors of the file system mean. */
const REASONS = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'it may not be read'],
  ['EPERM', 'it may not be read'],
  ['Z_DATA_ERROR', 'its gzip data are damaged'],
  ['Z_BUF_ERROR', 'its gzip data end too early'],
])

/**
 * Reads a table from CSV (RFC 4180), whose first row holds the names of the columns.
 *
 * Cells hold numbers with a decimal point, or all with a comma (in quotation marks where commas stand between cells; then
 * `"1,234"` is refused until another number tells what its comma means); NaN is what `readNumber` takes for missing. White
 * space around names and cells does not count, and blank lines are left out. Times rise
 * from row to row; without a zone they are UTC.
 * @param source the text, or its lines, with or without their line breaks
 * @throws Error naming row (1-based, without the first), line and column of a cell that is no number or no time; for
 * rows of another length than the first, times that do not rise, missing and double names, no rows, and too much of all
 */
export function readCsv(source: string | Iterable<string>, options: CsvOptions = {}): CsvTable {
  const reader = createCsvReader(options)
  if (typeof source === 'string') {
    reader.push(source)
    return reader.finish()
  }
  let text = ''
  for (const line of source) {
    if (typeof line !== 'string') throw new TypeError(`lines must be text, got ${quote(line)}`)
    text += line.endsWith('\n') ? line : `${line}\n`
    if (text.length < JOINED) continue
    reader.push(text)
    text = ''
  }
  reader.push(text)
  return reader.finish()
}

/** How a file is read. */
export interface CsvFileOptions extends CsvOptions {
  /** What errors call the file. @default the last part of its path */
  readonly name?: string
  /** Ends the reading, which then rejects with its reason. */
  readonly signal?: AbortSignal
}

/**
 * Reads a table from a CSV file in UTF-8, plain or packed with gzip (which the content tells, not the name). The file is
 * read piece by piece, so that memory holds little more than the numbers. One that is not UTF-8 is read as windows-1252,
 * which `notes` tells.
 * @throws Error naming the file: as `readCsv`, and when it cannot be read or its data are damaged; `cause` is the reason
 */
export async function readCsvFile(path: string, options: CsvFileOptions = {}): Promise<CsvTable> {
  if (typeof path !== 'string') throw new TypeError(`path must be text, got ${quote(path)}`)
  const { name = basename(path), signal } = options
  try {
    // Others, such as pipes, could keep whoever opens them waiting.
    if (!(await stat(path)).isFile()) throw new Error('it is no regular file')
    return await readDecoded(path, options)
  } catch (error) {
    signal?.throwIfAborted()
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(`${quote(name)} cannot be read: ${REASONS.get(code ?? '') ?? message}`, {
      cause: error,
    })
  }
}

async function readDecoded(path: string, options: CsvFileOptions): Promise<CsvTable> {
  try {
    return await readEncoded(path, 'utf-8', options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== NOT_DECODED) throw error
    const table = await readEncoded(path, 'windows-1252', options)
    return { ...table, notes: ['the file is not UTF-8 and was read as windows-1252', ...table.notes] }
  }
}

async function readEncoded(path: string, encoding: string, options: CsvFileOptions): Promise<CsvTable> {
  const file = await open(path)
  try {
    return await readFrom(file, encoding, options)
  } finally {
    await file.close()
  }
}

async function readFrom(file: FileHandle, encoding: string, options: CsvFileOptions): Promise<CsvTable> {
  const reader = createCsvReader(options)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
  const start = bytesRead === 2 ? buffer.readUInt16BE() : 0
  if (UTF_16.includes(start)) throw new Error('it is UTF-16, but must be UTF-8')
  const decoder = new TextDecoder(encoding, { fatal: true })
  const bytes = file.createReadStream({ start: 0, autoClose: false })
  const source = start === GZIP ? bytes.pipe(createGunzip()) : bytes
  bytes.on('error', (error) => source.destroy(error))
  try {
    for await (const piece of source) {
      options.signal?.throwIfAborted()
      reader.push(decoder.decode(piece, { stream: true }))
    }
  } finally {
    bytes.destroy()
  }
  reader.push(decoder.decode())
  return reader.finish()
}
