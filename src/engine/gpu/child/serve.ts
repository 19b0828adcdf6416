import { setImmediate } from 'node:timers/promises'
import { NoGpuError } from '../no-gpu.ts'
import { openNumbers } from '../numbers.ts'
import type { Reply, Request } from '../protocol.ts'
import { type Device, openDevice } from './adapter.ts'
import { type Answerer, createAnswerer } from './answer.ts'
import { createBuffers } from './buffers.ts'
import { createKernelCache } from './cell.ts'
import { createSequences } from './fused.ts'
import { type Context, openGpuJs } from './gpujs.ts'
import { guarded } from './guard.ts'
import { createScatter } from './scatter.ts'

/** The shared file is the first descriptor after the standard ones. */
const NUMBERS_FD = 3
/** Milliseconds after which a child that nobody listens to ends, whatever its device still does. */
const DRAIN_MS = 5000

/** A device with everything that was made for it. */
interface Open {
  readonly context: Context
  readonly answerer: Answerer
  close(): Promise<void>
}

/**
 * Answers the parent process until it goes: opens the device at the first request, carries out one request after
 * another, and ends when the parent disconnects or the device is lost.
 */
export function serve(openOwn: () => Promise<Device> = openDevice): void {
  const numbers = openNumbers(NUMBERS_FD)
  let opening: Promise<Open> | undefined
  let last: Promise<unknown> = Promise.resolve()

  const open = async (): Promise<Open> => {
    const device = await openOwn()
    const js = openGpuJs(device.context)
    const { device: gpu } = device.context
    const buffers = createBuffers(gpu, js)
    const moves = await guarded(gpu, async () => createScatter(gpu))
    const reader = buffers.reader()
    const shared = { device: gpu, buffers, kernels: createKernelCache(js), moves, reader }
    const answerer = createAnswerer(
      { adapter: device.adapter, shared, sequences: createSequences(js, shared) },
      numbers,
    )
    void device.lost.then((message) => {
      if (!ending) end({ type: 'lost', message })
    })
    return {
      context: device.context,
      answerer,
      async close() {
        await answerer.close()
        await js.destroy()
        device.destroy()
      },
    }
  }

  const answer = async (request: Request): Promise<void> => {
    try {
      opening ??= open()
      const { context, answerer } = await opening
      const done = await guarded(context.device, () => answerer.answer(request))
      send({ id: request.id, type: 'done', answer: done })
    } catch (error) {
      // The loss of the device, if that is the reason, is told first.
      await setImmediate()
      if (ending) return
      send({
        id: request.id,
        type: 'failed',
        message: error instanceof Error ? error.message : String(error),
        lasting: error instanceof NoGpuError,
      })
    }
  }

  let ending = false
  const end = (reply?: Reply): void => {
    ending = true
    if (reply && process.connected) process.send?.(reply, () => process.exit(0))
    else process.exit(0)
  }

  process.on('message', (request: Request) => {
    last = last.then(() => answer(request))
  })
  process.on('disconnect', () => {
    setTimeout(end, DRAIN_MS).unref()
    void last
      .then(() => opening)
      .then((opened) => {
        ending = true
        return opened?.close()
      })
      .finally(() => end())
  })
  // A terminal and a service manager signal the whole group: the host brings the states home first, then disconnects.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
}

function send(reply: Reply): void {
  if (process.connected) process.send?.(reply)
}
