import { baseline, relaxed } from './kernels.wasm.ts'

/** The kernels with 128-bit SIMD, and those with relaxed SIMD as well, whose multiply-add rounds once. */
export type WasmBuild = 'baseline' | 'relaxed'

/** What assembly/index.ts exports; addresses in bytes. */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  begin(): number
  configure(
    cell: number,
    hard: boolean,
    layers: number,
    inputSize: number,
    hiddenSize: number,
    outputSize: number,
    weights: number,
    scratch: number,
  ): number
  place(pool: number, lanes: number, inputs: number, outputs: number): void
  step(rows: number): void
  project(rows: number, columns: number): void
}

// The part of the WebAssembly interface used here; TypeScript has it only among the browser's types.
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object) => { readonly exports: unknown }
}

type Binaries = Readonly<Record<WasmBuild, string>>

let chosen: WasmBuild | undefined

/** The fastest build that this runtime accepts. */
export function fastestBuild(): WasmBuild {
  chosen ??= WebAssembly.validate(bytesOf(relaxed)) ? 'relaxed' : 'baseline'
  return chosen
}

/**
 * An instance of its own with its own memory; a build is compiled once.
 * @throws Error when this runtime does not accept the build
 */
export const instantiate: (build: WasmBuild) => Kernels = loader<Kernels>({ baseline, relaxed })

/** Makes what instantiates other kernels in the same way, from both builds in base64. */
export function loader<K>(binaries: Binaries): (build: WasmBuild) => K {
  const modules: { [build in WasmBuild]?: object } = {}
  return (build) => {
    modules[build] ??= compile(build, bytesOf(binaries[build]))
    return new WebAssembly.Instance(modules[build]).exports as K
  }
}

function compile(build: WasmBuild, bytes: Uint8Array): object {
  if (!WebAssembly.validate(bytes)) {
    throw new Error(`this runtime does not accept the ${build} build of the WebAssembly kernels`)
  }
  return new WebAssembly.Module(bytes)
}

function bytesOf(binary: string): Uint8Array {
  return Buffer.from(binary, 'base64')
}
