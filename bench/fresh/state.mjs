// Memory of many streams behind the operator gruStep: see ../state.mjs. Needs --expose-gc.
import { Subject } from 'rxjs'
import { gruStep } from '../../dist/src/index.js'
import { answer, givenTask } from '../lib/fresh.mjs'
import { gruflowModel } from '../lib/model.mjs'
import { drawWeights } from '../lib/weights.mjs'

const FEW = 100
const { shape, streams } = givenTask()
const model = gruflowModel(shape, drawWeights(shape))
const x = new Float32Array(shape.inputSize).fill(0.5)
/** As long as topics are; not counted, because the messages have them anyway. */
const topics = Array.from({ length: streams }, (_, i) => `plant/line-${i % 97}/sensor-${i}/temperature`)
for (const topic of topics) JSON.parse(`{"${topic}":1}`)

// The heap first grows to what so many messages need, with few streams.
run(topics.slice(0, FEW), (2 * streams) / FEW).complete()
const before = measure()
const running = run(topics, 2)
const after = measure()
running.complete()

const perStream = (name) => (after[name] - before[name]) / (streams - FEW)
answer({ heap: perStream('heapUsed'), external: perStream('external'), resident: perStream('rss') })

/** Steps every stream some times. */
function run(keys, times) {
  const source = new Subject()
  let answered = 0
  source
    .pipe(gruStep({ model, key: (key) => key, input: () => x, maxStreams: keys.length }))
    .subscribe(({ skipped }) => {
      if (skipped) throw new Error(skipped.message)
      answered++
    })
  for (let i = 0; i < times; i++) for (const key of keys) source.next(key)
  if (answered !== times * keys.length) throw new Error(`${answered} answers`)
  return source
}

function measure() {
  for (let i = 0; i < 4; i++) globalThis.gc()
  return process.memoryUsage()
}
