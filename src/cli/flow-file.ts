import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { resolve } from 'node:path'

/**
 * Where Node-RED, started in its folder, keeps its flows by settings that may be the user's own; undefined: in projects.
 * @throws Error naming the settings when they cannot be read
 */
export function flowFile(userDir: string, settings: string): string | undefined {
  const { flowFile: path, editorTheme } = read(settings)
  // Node-RED has the variable decide where it is set.
  const { NODE_RED_ENABLE_PROJECTS: asked } = process.env
  if (asked ? !/^false$/i.test(asked) : editorTheme?.projects?.enabled) return undefined
  return resolve(userDir, path || `flows_${hostname()}.json`)
}

interface Settings {
  readonly flowFile?: string
  readonly editorTheme?: { readonly projects?: { readonly enabled?: boolean } }
}

function read(settings: string): Settings {
  try {
    return createRequire(import.meta.url)(settings)
  } catch (error) {
    throw new Error(`'${settings}' cannot be read: ${(error as Error).message}`)
  }
}
