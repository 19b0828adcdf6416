import { createRequire } from 'node:module'
import { NoGpuError } from '../no-gpu.ts'
import type { Adapter } from '../protocol.ts'
import type { Context } from './gpujs.ts'

/** Adapters that compute on the CPU by what they say of themselves; Dawn's null backend says nothing. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i

/** A device that is ready for use, and what it is. */
export interface Device {
  readonly context: Context
  readonly adapter: Adapter
  /** Settles with the reason when the device is gone. */
  readonly lost: Promise<string>
  destroy(): void
}

/**
 * Dawn ends the process with a segmentation fault when the object that `create` returned is collected while its
 * devices are in use.
 */
const held: GPU[] = []

/**
 * Opens the fastest adapter with all it can hold.
 *
 * A software adapter is slower than WASM: it is refused unless the environment variable GRUFLOW_SOFTWARE_GPU is 1.
 * @throws NoGpuError when the package `webgpu` cannot be loaded or has no adapter that can be used
 */
export async function openDevice(): Promise<Device> {
  const { create } = await loadWebgpu()
  const { version } = createRequire(import.meta.url)('webgpu/package.json') as { version: string }
  const gpu = create([])
  held.push(gpu)
  const found = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!found) throw new NoGpuError('no GPU was found: webgpu has no adapter here')
  const { vendor, architecture, device: name, description } = found.info
  const software =
    found.info.isFallbackAdapter || !vendor || SOFTWARE.test(`${architecture} ${name} ${description}`)
  if (software && process.env.GRUFLOW_SOFTWARE_GPU !== '1') {
    const said =
      [vendor, architecture, name, description].filter(Boolean).join(' ') || 'an adapter without a name'
    throw new NoGpuError(`no GPU was found: ${said} computes on the CPU`)
  }
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = found.limits
  const device = await found.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage },
  })
  const context: Context = { adapter: found, device, isLost: false }
  const lost = device.lost.then(({ message }) => {
    context.isLost = true
    return message
  })
  return {
    context,
    adapter: { vendor, architecture, device: name, description, software, webgpu: version },
    lost,
    destroy: () => device.destroy(),
  }
}

async function loadWebgpu(): Promise<typeof import('webgpu')> {
  try {
    return await import('webgpu')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new NoGpuError(`the package webgpu cannot be loaded: ${why}`)
  }
}
