import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The first version of `webgpu` that leaves the processor alone while it waits: 0.4.0 keeps a core busy for ever. */
const OLDEST = [0, 6, 2]
/** In the text of a package.json; a package without one is taken as it is. */
const VERSION = /"version"\s*:\s*"(\d+)\.(\d+)\.(\d+)/

/**
 * Why no GPU can be had at all: the optional package `webgpu` is not installed or too old, and how to add it. Undefined
 * if it is there. Starts and loads nothing.
 * @param module URL of a file from which the package would be imported.
 */
export function missingPackage(module: string = import.meta.url): string | undefined {
  const folders = createRequire(module).resolve.paths('webgpu') ?? []
  const installed = folders.find((folder) => existsSync(join(folder, 'webgpu', 'package.json')))
  if (installed === undefined) {
    return 'the package webgpu is not installed: npm install webgpu adds GPU support'
  }
  const [, ...version] = readFileSync(join(installed, 'webgpu', 'package.json'), 'utf8').match(VERSION) ?? []
  if (!isOld(version.map(Number))) return undefined
  const [found, needed] = [version.join('.'), OLDEST.join('.')]
  return `webgpu ${found} is too old, ${needed} or newer is needed: npm install webgpu@latest`
}

function isOld(version: readonly number[]): boolean {
  const differs = version.findIndex((part, i) => part !== OLDEST[i])
  return differs >= 0 && version[differs] < OLDEST[differs]
}
