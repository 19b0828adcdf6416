import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { DeviceChoice } from '../engine/device.ts'
import { checkConnection } from '../mqtt/client.ts'
import { splitPath } from '../mqtt/payload.ts'
import { checkFilter } from '../mqtt/topic.ts'
import { type Credentials, splitCredentials } from './broker-url.ts'
import { deviceOption, parseCommand, UsageError } from './command.ts'
import { wholeOption } from './fit-options.ts'

/** Where a password may come from that must not stand on the command line. */
export const PASSWORD_VARIABLE = 'GRUFLOW_MQTT_PASSWORD'

const OPTIONS = {
  horizon: { type: 'string' },
  period: { type: 'string' },
  coverage: { type: 'string' },
  season: { type: 'string' },
  'warm-up': { type: 'string' },
  path: { type: 'string' },
  device: { type: 'string' },
  model: { type: 'string' },
  'max-streams': { type: 'string' },
  json: { type: 'boolean' },
  username: { type: 'string' },
  password: { type: 'string' },
  ca: { type: 'string' },
} as const

const TLS: readonly string[] = ['mqtts:', 'ssl:', 'tls:', 'wss:']
/** Milliseconds of each unit. */
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
/** Milliseconds of a year, the longest period. */
const LONGEST_PERIOD = 3.2e10
const MOST_COVERAGES = 8

/** What `gruflow watch` was told, checked. What was not said is undefined. */
export interface WatchOptions {
  /** Without name and password. */
  readonly url: string
  readonly credentials: Credentials
  readonly topics: readonly string[]
  readonly horizon?: number
  /** Milliseconds. */
  readonly period?: number
  readonly coverage?: number | readonly number[]
  readonly season?: number
  readonly warmUp?: number
  readonly path?: string
  readonly device?: DeviceChoice
  /** A file of a fitted forecaster. */
  readonly model?: string
  readonly maxStreams?: number
  readonly json: boolean
  /** A file of certificates. */
  readonly ca?: string
}

/** @throws UsageError naming an argument that cannot be used, never a password */
export function watchOptions(args: readonly string[], env: NodeJS.ProcessEnv): WatchOptions {
  const { values, positionals } = parseCommand(args, OPTIONS)
  const [given, ...topics] = positionals
  if (given === undefined) throw new UsageError('which broker? Say mqtt://host:1883')
  asUsage(() => checkConnection(given, {}))
  if (topics.length === 0) throw new UsageError("which topics? Say 'sensors/#'")
  for (const topic of topics) asUsage(() => checkFilter(topic))
  const { url, credentials } = credentialsOf(given, values, env)
  const { path, model, ca } = values
  if (path !== undefined) asUsage(() => splitPath(path), '--')
  if (ca !== undefined && !TLS.includes(new URL(url).protocol)) {
    throw new UsageError(`--ca needs a URL such as mqtts://host:8883, got '${url}'`)
  }
  const period = periodOption(values.period)
  return {
    url,
    credentials,
    topics,
    horizon: wholeOption('horizon', values.horizon, 1, 256),
    period,
    coverage: coverageOption(values.coverage),
    season: wholeOption('season', values.season, 2, 2048),
    warmUp: wholeOption('warm-up', values['warm-up'], 2, 4096),
    path,
    device: deviceOption(values.device),
    model,
    maxStreams: wholeOption('max-streams', values['max-streams'], 1, 10_000),
    json: values.json ?? false,
    ca,
  }
}

/** Certificates of a file in the format PEM. @throws Error naming the file when it holds none */
export async function readCertificates(path: string): Promise<Buffer> {
  const pem = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`'${path}' cannot be read: ${error.code}`)
  })
  try {
    new X509Certificate(pem)
  } catch {
    throw new Error(`'${path}' holds no certificate`)
  }
  return pem
}

function credentialsOf(
  given: string,
  { username, password }: { readonly username?: string; readonly password?: string },
  env: NodeJS.ProcessEnv,
): ReturnType<typeof splitCredentials> {
  const split = asUsage(() => {
    try {
      return splitCredentials(given)
    } catch {
      throw new Error('name and password in the URL must be percent-encoded')
    }
  })
  const name = username ?? split.credentials.username
  if (name === undefined) {
    if (password === undefined && split.credentials.password === undefined) return split
    throw new UsageError('a password needs a --username, or one in the URL')
  }
  const secret = password ?? split.credentials.password ?? env[PASSWORD_VARIABLE]
  return { url: split.url, credentials: { username: name, password: secret } }
}

function periodOption(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?(ms|s|min|h|d)$/.exec(text.trim()) ?? []
  const period = Number(number) * UNITS[unit]
  if (!(period >= 1 && period <= LONGEST_PERIOD)) {
    throw new UsageError(`--period must be a time such as 500ms, 10s, 5min, 1h or 1d, got '${text}'`)
  }
  return period
}

function coverageOption(text: string | undefined): number | number[] | undefined {
  if (text === undefined) return undefined
  const shares = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  const possible = shares.every((share) => share > 0 && share < 1)
  if (!possible || shares.length > MOST_COVERAGES || new Set(shares).size < shares.length) {
    throw new UsageError(
      `--coverage must be up to ${MOST_COVERAGES} different shares between 0 and 1, such as 0.8,0.95, got '${text}'`,
    )
  }
  return shares.length === 1 ? shares[0] : shares
}

/** What was wrong with an argument is wrong usage. */
function asUsage<T>(check: () => T, before = ''): T {
  try {
    return check()
  } catch (error) {
    throw new UsageError(`${before}${(error as Error).message}`)
  }
}
