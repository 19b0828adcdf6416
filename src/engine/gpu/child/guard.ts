/**
 * Does `work` on a device that has no errors of it.
 *
 * Such errors throw nothing, and what the device failed to compute reads as zeros.
 * @throws Error with the device's first message
 */
export async function guarded<T>(device: GPUDevice, work: () => Promise<T>): Promise<T> {
  device.pushErrorScope('validation')
  device.pushErrorScope('out-of-memory')
  const outcome = await work().then(
    (done) => ({ done }),
    (error: unknown) => ({ error }),
  )
  const errors = await Promise.all([device.popErrorScope(), device.popErrorScope()])
  if ('error' in outcome) throw outcome.error
  const found = errors.find((error) => error !== null)
  if (found) throw new Error(`the GPU refused: ${found.message}`)
  return outcome.done
}
