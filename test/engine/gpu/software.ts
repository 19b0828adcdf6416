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

/** Why there is no GPU in software here; undefined where there is one. */
export const lackingSoftwareGpu: string | undefined =
  process.platform === 'linux' && process.arch === 'x64'
    ? undefined
    : `@sparticuz/chromium has SwiftShader for linux x64, this is ${process.platform} ${process.arch}`

/**
 * Gives the children of this process SwiftShader, a GPU in software, while the suite runs whose body calls this: the one
 * that the package `@sparticuz/chromium` has for its browser. It needs no rights and no display.
 * @returns why there is none, undefined if there is one
 */
export function softwareGpu(): string | undefined {
  if (lackingSoftwareGpu) return lackingSoftwareGpu
  let outside: Readonly<Record<string, string | undefined>> = {}
  before(() => {
    const { LD_LIBRARY_PATH, VK_DRIVER_FILES, GRUFLOW_SOFTWARE_GPU } = process.env
    outside = { LD_LIBRARY_PATH, VK_DRIVER_FILES, GRUFLOW_SOFTWARE_GPU }
    const folder = unpacked()
    set({
      LD_LIBRARY_PATH: LD_LIBRARY_PATH ? `${folder}:${LD_LIBRARY_PATH}` : folder,
      VK_DRIVER_FILES: join(folder, DRIVER),
      GRUFLOW_SOFTWARE_GPU: '1',
    })
  })
  after(() => set(outside))
  return undefined
}

function set(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}

/** The folder with the driver. */
function unpacked(): string {
  const root = dirname(dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium'))))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const folder = join(tmpdir(), `gruflow-swiftshader-${version}`)
  if (!existsSync(folder)) unpack(join(root, 'bin', 'swiftshader.tar.br'), folder)
  return folder
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
