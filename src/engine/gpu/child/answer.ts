import { layout } from '../../layout.ts'
import { type GruSpec, gruSpec } from '../../spec.ts'
import type { Numbers } from '../numbers.ts'
import { type Adapter, type Answers, MOST_ROWS, type Request, type Span, type Stage } from '../protocol.ts'
import type { Sequences } from './fused.ts'
import { guarded } from './guard.ts'
import { openPool, type Pool, type PoolStage, type Shared } from './pool.ts'
import { timeWasm } from './time-wasm.ts'

/** What a child has once its device is open. */
export interface Workshop {
  readonly adapter: Adapter
  readonly shared: Shared
  readonly sequences: Sequences
}

/** Answers requests, one at a time; what cannot be carried out is an Error. */
export interface Answerer {
  answer(request: Request): Promise<Answers[keyof Answers]>
  close(): Promise<void>
}

/** Lane numbers travel as float32, which counts no further. */
const MOST_LANES = 2 ** 24

export function createAnswerer({ adapter, shared, sequences }: Workshop, numbers: Numbers): Answerer {
  const pools = new Map<number, Pool>()
  const pool = (id: number): Pool => {
    const found = pools.get(id)
    if (!found) throw new Error(`there is no pool ${id}`)
    return found
  }
  const weightsOf = (spec: GruSpec, span: Span): Float32Array => {
    if (spec.direction !== 'forward') throw new RangeError(`direction must be forward, got ${spec.direction}`)
    return numbers.read(exactly('weights', span, layout(spec).size))
  }

  const open = async ({ pool: id, spec: given, weights, lanes }: Ask<'open'>): Promise<object> => {
    if (pools.has(id)) throw new Error(`pool ${id} is open`)
    const spec = gruSpec(given)
    whole('lanes', lanes, 0, MOST_LANES)
    const opened = openPool(shared, spec, weightsOf(spec, weights), Math.max(lanes, 1))
    // The first run builds the kernels; its row starts from lane 0 and goes nowhere.
    const step = { kind: 'step', first: 0, rows: 1 } as const
    const inputs = new Float32Array(spec.inputSize)
    const batch = { stages: [step], inputs, from: Float32Array.of(0), to: Float32Array.of(-1) }
    try {
      await guarded(shared.device, () => opened.run(batch, () => {}))
    } catch (error) {
      opened.close()
      throw error
    }
    pools.set(id, opened)
    return {}
  }

  const run = async (request: Ask<'run'>): Promise<Answers['run']> => {
    const asked = pool(request.pool)
    const { lanes, spec } = asked
    const rows = whole('rows', request.from.length, 0, MOST_ROWS)
    const inputs = numbers.read(exactly('inputs', request.inputs, rows * spec.inputSize))
    const from = checkLanes(numbers.read(request.from), lanes, 0)
    const to = checkLanes(numbers.read(exactly('to', request.to, rows)), lanes, -1)
    const stages = request.stages.map((stage) => prepare(stage, rows, asked, numbers))
    return asked.run({ stages, inputs, from, to }, (values) => {
      const outputs = rows * (spec.outputSize || spec.hiddenSize)
      numbers.write(request.reply, values)
      return {
        outputs: { at: request.reply, length: outputs },
        states: { at: request.reply + outputs, length: values.length - outputs },
      }
    })
  }

  const sequence = async (request: Ask<'sequence'>): Promise<Answers['sequence']> => {
    const spec = gruSpec(request.spec)
    if (spec.layers !== 1 || spec.outputSize !== 0) {
      throw new RangeError('a sequence needs one layer without projection')
    }
    const batch = whole('batch', request.batch, 0, MOST_ROWS)
    const time = whole('time', request.time, 0, Number.MAX_SAFE_INTEGER)
    const weights = weightsOf(spec, request.weights)
    const x = numbers.read(exactly('x', request.x, time * batch * spec.inputSize))
    const h0 = numbers.read(exactly('h0', request.h0, batch * spec.hiddenSize))
    let length = 0
    if (batch > 0) {
      await sequences.run({ spec, weights, batch, time, x, h0 }, (states) => {
        numbers.write(request.reply + length, states)
        length += states.length
      })
    }
    return { y: { at: request.reply, length } }
  }

  return {
    async answer(request) {
      switch (request.type) {
        case 'hello':
          return { adapter }
        case 'open':
          return open(request)
        case 'grow': {
          const { lanes } = pool(request.pool)
          pool(request.pool).grow(whole('lanes', request.lanes, lanes, MOST_LANES))
          return {}
        }
        case 'run':
          return run(request)
        case 'sequence':
          return sequence(request)
        case 'time-wasm': {
          const spec = gruSpec(request.spec)
          return { milliseconds: timeWasm(spec, weightsOf(spec, request.weights), request.rows) }
        }
        case 'close':
          pool(request.pool).close()
          pools.delete(request.pool)
          return {}
        default:
          throw new Error('there is no such request')
      }
    },
    async close() {
      for (const open of pools.values()) open.close()
      pools.clear()
      await sequences.close()
    },
  }
}

type Ask<T extends Request['type']> = Extract<Request, { type: T }>

/** A stage with its numbers, checked: the device clips indexes that are out of range without a word. */
function prepare(stage: Stage, rows: number, { lanes, spec }: Pool, numbers: Numbers): PoolStage {
  switch (stage.kind) {
    case 'write': {
      const size = stage.lanes.length * spec.layers * spec.hiddenSize
      const states = numbers.read(exactly('states', stage.states, size))
      return { kind: 'write', lanes: checkLanes(numbers.read(stage.lanes), lanes, 0), states }
    }
    case 'read':
      return { kind: 'read', lanes: checkLanes(numbers.read(stage.lanes), lanes, 0) }
    case 'copy':
      checkLanes(Float32Array.of(stage.from, stage.to), lanes, 0)
      return stage
    case 'step':
      whole('first', stage.first, 0, rows)
      whole('rows', stage.rows, 0, rows - stage.first)
      return stage
    default:
      throw new Error('there is no such stage')
  }
}

function whole(name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${String(value)}`)
}

function exactly(name: string, span: Span, length: number): Span {
  if (span.length === length) return span
  throw new RangeError(`${name} must hold ${length} values, got ${span.length}`)
}

function checkLanes(lanes: Float32Array, count: number, min: number): Float32Array {
  for (const lane of lanes) whole('lane', lane, min, count - 1)
  return lanes
}
