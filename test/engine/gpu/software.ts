import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

const LOADER = 'libvulkan.so.1'
const DRIVER = 'vk_swiftshader_icd.json'
const FILES = [LOADER, DRIVER, 'libvk_swiftshader.so']
/** Bytes of a tar archive's header, and what all its parts are padded to. */
const BLOCK = 512

/**
 * Gives the children of this process SwiftShader, a GPU in software: the one that the package `@sparticuz/chromium`
 * has for its browser. It needs no rights and no display.
 * @returns why there is none, undefined if there is one
 */
export function softwareGpu(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `@sparticuz/chromium has SwiftShader for linux x64, this is ${process.platform} ${process.arch}`
  }
  const root = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'))))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const folder = join(tmpdir(), `gruflow-swiftshader-${version}`)
  if (!existsSync(folder)) unpack(join(root, 'bin', 'swiftshader.tar.br'), folder)
  const { LD_LIBRARY_PATH } = process.env
  if (!LD_LIBRARY_PATH?.split(':').includes(folder)) {
    process.env.LD_LIBRARY_PATH = LD_LIBRARY_PATH ? `${folder}:${LD_LIBRARY_PATH}` : folder
  }
  process.env.VK_DRIVER_FILES = join(folder, DRIVER)
  process.env.GRUFLOW_SOFTWARE_GPU = '1'
  return undefined
}

/** Several processes may do so at once: the folder appears complete or not at all. */
function unpack(archive: string, folder: string): void {
  const made = mkdtempSync(`${folder}-`)
  const tar = brotliDecompressSync(readFileSync(archive))
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0; ) {
    const field = (from: number, to: number): string =>
      tar.toString('latin1', at + from, at + to).replace(/\0.*$/s, '')
    const name = field(0, 100).replace(/^\.\//, '')
    const size = Number.parseInt(field(124, 136), 8)
    if (FILES.includes(name)) writeFileSync(join(made, name), tar.subarray(at + BLOCK, at + BLOCK + size))
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  try {
    renameSync(made, folder)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
}
