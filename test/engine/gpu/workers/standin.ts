import { openNumbers } from '../../../../src/engine/gpu/numbers.ts'
import type { Answers, Reply, Request, Span } from '../../../../src/engine/gpu/protocol.ts'
import { createModel } from '../../../../src/engine/model.ts'
import { createStepper, type Stepper } from '../../../../src/engine/stepper.ts'

// Answers as the child that owns the GPU does, in WASM, and behaves as badly as the environment variable STANDIN says.

/** What the n-th request of a type meets, from 1. */
export interface Mishap {
  readonly type: Request['type']
  readonly nth: number
  /** Slow takes longer than a step may, less than anyone's patience. */
  readonly how: 'hang' | 'slow' | 'crash' | 'fail' | 'lost'
}

const mishap = JSON.parse(process.env.STANDIN ?? 'null') as Mishap | null
const numbers = openNumbers(3)
const pools = new Map<number, Stepper>()
let met = 0
const SLOW_MS = 3300

const ADAPTER = {
  vendor: 'standin',
  architecture: 'none',
  device: '',
  description: '',
  software: false,
  webgpu: '0.0.0',
}

process.on('message', (request: Request) => {
  if (request.type === mishap?.type && ++met === mishap.nth) {
    if (mishap.how === 'hang') return
    if (mishap.how === 'slow') {
      setTimeout(() => send({ id: request.id, type: 'done', answer: answer(request) }), SLOW_MS)
      return
    }
    if (mishap.how === 'crash') {
      process.stderr.write('first words\nlast words\n')
      process.exit(7)
    }
    if (mishap.how === 'lost') return send({ type: 'lost', message: 'the driver has gone' })
    return send({ id: request.id, type: 'failed', message: 'there is no room' })
  }
  send({ id: request.id, type: 'done', answer: answer(request) })
})
process.on('disconnect', () => process.exit(0))

function answer(request: Request): Answers[keyof Answers] {
  if (request.type === 'hello') return { adapter: ADAPTER }
  if (request.type === 'open') {
    const model = createModel(request.spec, numbers.read(request.weights))
    pools.set(request.pool, createStepper(model, { lanes: request.lanes }))
  } else if (request.type === 'grow') pools.get(request.pool)!.grow(request.lanes)
  else if (request.type === 'close') pools.delete(request.pool)
  else if (request.type === 'run') return run(request, pools.get(request.pool)!)
  else if (request.type === 'time-wasm') return { milliseconds: request.rows.map(() => 1) }
  return {}
}

function run(request: Extract<Request, { type: 'run' }>, stepper: Stepper): Answers['run'] {
  const { inputSize } = stepper.model.spec
  const inputs = numbers.read(request.inputs)
  const from = numbers.read(request.from)
  const to = numbers.read(request.to)
  const outputs: number[] = []
  const states: number[] = []
  for (const stage of request.stages) {
    if (stage.kind === 'copy') stepper.copy(stage.from, stage.to)
    else if (stage.kind === 'read') {
      for (const lane of numbers.read(stage.lanes)) states.push(...stepper.save(lane))
    } else if (stage.kind === 'write') {
      const lanes = numbers.read(stage.lanes)
      const values = numbers.read(stage.states)
      const size = values.length / lanes.length
      lanes.forEach((lane, i) => {
        stepper.restore(lane, values.slice(i * size, (i + 1) * size))
      })
    } else {
      // All rows see the states as they were: those that look ahead come first.
      for (const ahead of [true, false]) {
        for (let i = stage.first; i < stage.first + stage.rows; i++) {
          if (to[i] < 0 !== ahead) continue
          const x = inputs.slice(i * inputSize, (i + 1) * inputSize)
          const y = ahead ? stepper.ahead([from[i]], x) : stepper.step([from[i]], x)
          y.forEach((value, k) => {
            outputs[i * y.length + k] = value
          })
        }
      }
    }
  }
  const span = (at: number, values: readonly number[]): Span => numbers.write(at, Float32Array.from(values))
  const written = span(request.reply, outputs)
  return { outputs: written, states: span(request.reply + written.length, states) }
}

function send(reply: Reply): void {
  process.send!(reply)
}
