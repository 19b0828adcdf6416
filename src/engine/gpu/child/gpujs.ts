import library from 'gpu.js'

// The only file that names gpu.js, whose own types lack most of what is used here. The build bundles it with gpu.js, so
// that users install neither gpu.js nor what gpu.js would bring along.

/** What gpu.js knows of a device. */
export interface Context {
  readonly adapter: GPUAdapter
  readonly device: GPUDevice
  isLost: boolean
}

/** Float32 numbers on the device: a kernel's result, or a buffer of ours. */
export interface Handle {
  readonly buffer: GPUBuffer
  /** Gives up this hold on the buffer, which is destroyed when a kernel's result has no other. */
  delete(): void
}

/** Float32 numbers [height, width] that are uploaded with every call. */
export type Upload = object

/**
 * A compiled function of the elements of its result. After its first call it is submitted to the device before a call
 * returns; the next call overwrites the result.
 */
export interface Kernel {
  (...values: readonly (Handle | Upload | number)[]): Promise<Handle>
  setOutput(output: readonly number[]): void
  destroy(): void
}

/** Kernel calls carried out as one submit. Each result is [depth][height] of rows, views of one buffer. */
export interface Pipeline {
  (...values: readonly Upload[]): Promise<readonly Float32Array[][][]>
  destroy(): Promise<void>
}

export interface GpuJs {
  /** `output` is [width, height, depth]; it may change between calls. */
  kernel(source: string, constants: Readonly<Record<string, number>>, output: readonly number[]): Kernel
  /** `chain` is called once, with stand-ins; it calls kernels and returns results. Sizes are fixed by the first call. */
  pipeline(chain: (...values: object[]) => readonly object[]): Pipeline
  /** A buffer as an argument: element [y][x] is number x + width · y. */
  handle(buffer: GPUBuffer, width: number): Handle
  upload(values: Float32Array, width: number): Upload
  destroy(): Promise<void>
}

interface Library {
  readonly GPU: new (settings: {
    readonly mode: 'webgpu'
  }) => {
    createKernel(source: string, settings: object): Kernel
    createPipeline(chain: (...values: object[]) => readonly object[]): Pipeline
    destroy(): Promise<void>
  }
  readonly WebGPUContext: { acquire(): Promise<Context> }
  readonly WebGPUBufferResult: new (settings: object) => Handle
  readonly input: (values: Float32Array, size: readonly number[]) => Upload
}

/** gpu.js on a device of ours; there is one at a time. */
export function openGpuJs(context: Context): GpuJs {
  const { GPU, WebGPUContext, WebGPUBufferResult, input } = library as unknown as Library
  // gpu.js would look for the device of a browser.
  WebGPUContext.acquire = () => Promise.resolve(context)
  Object.defineProperty(WebGPUContext, 'isSupported', { get: () => true, configurable: true })
  const gpu = new GPU({ mode: 'webgpu' })
  return {
    kernel: (source, constants, output) =>
      gpu.createKernel(source, {
        precision: 'single',
        constants,
        output,
        dynamicOutput: true,
        pipeline: true,
      }),
    pipeline: (chain) => gpu.createPipeline(chain),
    handle: (buffer, width) => {
      const output = [width, buffer.size / 4 / width]
      return new WebGPUBufferResult({ buffer, output, context, kernel: null })
    },
    upload: (values, width) => input(values, [width, values.length / width]),
    destroy: () => gpu.destroy(),
  }
}
