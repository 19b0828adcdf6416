import { openDevice } from '../../../../src/engine/gpu/child/adapter.ts'
import { serve } from '../../../../src/engine/gpu/child/serve.ts'

/** The child process, which says how many buffers its device has whenever it is asked for its adapter. */
serve(async () => {
  const opened = await openDevice()
  const { device } = opened.context
  const live = new Set<GPUBuffer>()
  const create = device.createBuffer.bind(device)
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor)
    const destroy = buffer.destroy.bind(buffer)
    buffer.destroy = () => {
      live.delete(buffer)
      destroy()
    }
    live.add(buffer)
    return buffer
  }
  process.on('message', (request: { type: string }) => {
    if (request.type === 'hello') process.send?.({ buffers: live.size })
  })
  return opened
})
