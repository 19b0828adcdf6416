import { openDevice } from '../../../../src/engine/gpu/child/adapter.ts'
import { serve } from '../../../../src/engine/gpu/child/serve.ts'

/** The child process, whose device is lost at the first request to close a pool. */
serve(async () => {
  const device = await openDevice()
  process.on('message', (request: { type: string }) => {
    if (request.type === 'close') device.destroy()
  })
  return device
})
