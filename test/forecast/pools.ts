import { createDeviceStepper } from '../../src/engine/gpu/stepper.ts'
import { wasm } from '../../src/engine/wasm/wasm.ts'
import type { OpenPool, Pool } from '../../src/forecast/experts/pool.ts'

/** Opens states that are stepped in WASM and answer later. */
export const later: OpenPool = (model, lanes, { onDevice }) =>
  createDeviceStepper(model, { device: 'wasm', lanes, onDevice })

/** States that answer later, and what a test sees and holds up of them. */
export interface Watched {
  readonly open: OpenPool
  /** First lane of each step, in the order of asking. */
  readonly stepped: readonly number[]
  /** Pools that were opened, and that have been closed to the end. */
  readonly opened: number
  readonly closed: number
  /** Keeps back the answers and new states of steps whose first lane this is said of, until `release`. */
  hold(held: (lane: number) => boolean): void
  release(): void
}

/** @param nameOf what is said to run each pool, by its number */
export function watched(nameOf: (opened: number) => string = () => wasm.device): Watched {
  const stepped: number[] = []
  let opened = 0
  let closed = 0
  let isHeld: (lane: number) => boolean = () => false
  const unknown = new Set<number>()
  let gate = Promise.resolve()
  let release = (): void => {}

  const keepBack = async (lane: number, answer: Promise<Float32Array>): Promise<Float32Array> => {
    const waiting = isHeld(lane) ? gate : undefined
    const rows = await answer
    await waiting
    return rows
  }

  return {
    open(model, lanes, place): Pool {
      const stepper = createDeviceStepper(model, { device: 'wasm', lanes, onDevice: place.onDevice })
      const device = nameOf(++opened)
      return Object.assign(Object.create(stepper, { device: { value: device } }) as typeof stepper, {
        step(lanes: ArrayLike<number>, inputs: Float32Array) {
          stepped.push(lanes[0])
          if (isHeld(lanes[0])) unknown.add(lanes[0])
          return keepBack(lanes[0], stepper.step(lanes, inputs))
        },
        ahead: (lanes: ArrayLike<number>, inputs: Float32Array) =>
          keepBack(lanes[0], stepper.ahead(lanes, inputs)),
        peek: (lane: number) => (unknown.has(lane) ? undefined : stepper.peek(lane)),
        close: async () => {
          await stepper.close()
          closed++
        },
      })
    },
    stepped,
    get opened() {
      return opened
    },
    get closed() {
      return closed
    },
    hold(held) {
      isHeld = held
      gate = new Promise((resolve) => (release = resolve))
    },
    release() {
      isHeld = () => false
      unknown.clear()
      release()
    },
  }
}
