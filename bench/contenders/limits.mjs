const ROUNDS = 1000
const READ_BYTES = 524_288

/**
 * What the core can do at best, by ../roofline/kernels.ts: one of its kernels, called over and over.
 *
 * @param variant { kernel, binary, bytes }: the compiled kernels in base64, and how large a piece `read` reads
 */
export function open(_shape, _weights, _streams, { kernel, binary, bytes }) {
  const kernels = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(binary, 'base64'))).exports
  const steps = {
    multiplyAdd: () => kernels.multiplyAdd(ROUNDS),
    fusedMultiplyAdd: () => kernels.fusedMultiplyAdd(ROUNDS),
    read: () => kernels.read(bytes, times(bytes)),
  }
  return { name: kernel, step: steps[kernel] }
}

/** Operations, or bytes read, of one call. */
export function workOf(kernel, bytes) {
  if (kernel === 'read') return times(bytes) * bytes
  return ROUNDS * 8 * (kernel === 'multiplyAdd' ? 13 : 12)
}

/** A call reads about as much, however large the piece that it reads again and again. */
const times = (bytes) => Math.ceil(READ_BYTES / bytes)
