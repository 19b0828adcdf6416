import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Why no GPU can be had at all: the optional package `webgpu` is not installed, and how to add it. Undefined if it is
 * there. Starts and loads nothing.
 * @param module URL of a file from which the package would be imported.
 */
export function missingPackage(module: string = import.meta.url): string | undefined {
  const folders = createRequire(module).resolve.paths('webgpu') ?? []
  if (folders.some((folder) => existsSync(join(folder, 'webgpu', 'package.json')))) return undefined
  return `the package webgpu is not installed: npm install webgpu in ${root(fileURLToPath(module))} adds GPU support`
}

/** The folder whose packages a file belongs to: where a user has installed it, or its own package. */
function root(path: string): string {
  const installed = path.indexOf(`${sep}node_modules${sep}`)
  if (installed >= 0) return path.slice(0, installed)
  let folder = dirname(path)
  while (folder !== dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    folder = dirname(folder)
  }
  return dirname(path)
}
