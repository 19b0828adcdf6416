import type { GpuJs, Handle } from './gpujs.ts'

// The numeric values are those of the WebGPU specification; its names are globals of browsers.
const STORAGE = 0x80 | 0x04 | 0x08
const READABLE = 0x01 | 0x08
const MAP_READ = 1
const MIB = 2 ** 20

/** Rows of numbers on the device, zero at first. */
export interface Store {
  readonly buffer: GPUBuffer
  readonly handle: Handle
  /** Rows of the width it was made with. */
  readonly rows: number
}

/** Numbers of the device that make way for more. */
export interface Growing {
  /** A store for so many rows or more. What an earlier one held is gone when it was too small. */
  reserve(rows: number): Store
  /** Puts `values` into the first rows. */
  write(values: Float32Array): Store
  close(): void
}

/** Makes buffers on one device. */
export interface Buffers {
  /** @throws Error naming `what` when the device cannot hold as much at once */
  store(what: string, rows: number, width: number): Store
  /** @throws as `store`, which then would */
  check(what: string, rows: number, width: number): void
  growing(what: string, width: number): Growing
  /** How many rows of so many numbers fit into one buffer. */
  most(width: number): number
  reader(): Reader
}

export function createBuffers(device: GPUDevice, js: GpuJs): Buffers {
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits
  const most = Math.min(maxBufferSize, maxStorageBufferBindingSize)
  const size = (what: string, bytes: number): number => {
    if (bytes <= most) return Math.max(bytes, 4)
    const [needed, taken] = [Math.ceil(bytes / MIB), Math.floor(most / MIB)]
    throw new Error(`${what} need ${needed} MiB, the GPU takes ${taken} MiB at once`)
  }
  const store = (what: string, rows: number, width: number): Store => {
    const bytes = size(what, 4 * rows * width)
    const buffer = device.createBuffer({ size: bytes, usage: STORAGE })
    return { buffer, handle: js.handle(buffer, width), rows }
  }
  const mostRows = (width: number): number => Math.floor(most / 4 / width)
  const growing = (what: string, width: number): Growing => {
    let current: Store | undefined
    const reserve = (rows: number): Store => {
      if (current && current.rows >= rows) return current
      const wanted = Math.max(rows, Math.min(2 * (current?.rows ?? 0), mostRows(width)))
      const grown = store(what, wanted, width)
      current?.handle.delete()
      current = grown
      return grown
    }
    return {
      reserve,
      write(values) {
        const written = reserve(values.length / width)
        device.queue.writeBuffer(written.buffer, 0, values)
        return written
      },
      close: () => current?.handle.delete(),
    }
  }
  const check = (what: string, rows: number, width: number): void => void size(what, 4 * rows * width)
  return { store, check, growing, most: mostRows, reader: () => createReader(device, size) }
}

/** What is to be read: the first numbers of a buffer. */
export interface Part {
  readonly buffer: GPUBuffer
  readonly length: number
}

/** Brings numbers back, one request at a time. */
export interface Reader {
  /** Hands over all parts, one after another; `take` copies what it keeps. */
  read<T>(parts: readonly Part[], take: (values: Float32Array) => T): Promise<T>
  close(): void
}

function createReader(device: GPUDevice, size: (what: string, bytes: number) => number): Reader {
  let staging: GPUBuffer | undefined
  return {
    async read(parts, take) {
      const length = parts.reduce((sum, part) => sum + part.length, 0)
      if (length === 0) return take(new Float32Array(0))
      const bytes = size('outputs', 4 * length)
      if (!staging || staging.size < bytes) {
        staging?.destroy()
        staging = device.createBuffer({ size: bytes, usage: READABLE })
      }
      const encoder = device.createCommandEncoder()
      let at = 0
      for (const part of parts) {
        encoder.copyBufferToBuffer(part.buffer, 0, staging, at, 4 * part.length)
        at += 4 * part.length
      }
      device.queue.submit([encoder.finish()])
      await staging.mapAsync(MAP_READ, 0, bytes)
      try {
        return take(new Float32Array(staging.getMappedRange(0, bytes)))
      } finally {
        staging.unmap()
      }
    },
    close: () => staging?.destroy(),
  }
}
