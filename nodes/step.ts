import { types } from 'node:util'
import { whySynchronous } from '../src/engine/gpu/synchronous.ts'
import type { GruSpec } from '../src/engine/spec.ts'
import { wasm } from '../src/engine/wasm/wasm.ts'
import { readModel } from '../src/formats/read.ts'
import { quote } from '../src/quote.ts'
import type { GruStepOutcome } from '../src/rx/gruStep.ts'
import type { Running } from '../src/rx/stepLater.ts'
import { attempt, finish, warnOnce } from './answer.ts'
import { createDeviceLog } from './device.ts'
import { serveDevice } from './deviceRoute.ts'
import { createInOrder } from './inOrder.ts'
import { serveModelFiles } from './modelRoutes.ts'
import { openModelFiles } from './models.ts'
import type { Red, RedNode } from './red.ts'
import { createStatus, errorStatus, loadingStatus, modelStatus, stepsStatus } from './status.ts'
import { stepMessage } from './stepMessage.ts'
import { openStepModel, type StepJob, type StepModel, type StepModelOptions } from './stepModel.ts'
import { readStepSettings, SettingsError, type StepConfig } from './stepSettings.ts'

/** Messages that wait while a model is read, and bytes of the models among them. */
const MAX_WAITING = 1000
const MAX_WAITING_BYTES = 64 * 2 ** 20

const SETTINGS = errorStatus('check the settings')

const REFUSED = {
  jobs: `${MAX_WAITING} messages wait for the model already, this one is refused`,
  bytes: 'models of 64 MB would wait for the one that is being read, this one is refused',
}

interface StepNode extends RedNode {
  /** What runs its model; undefined while it has none, or that is not known. */
  running?(): Running | undefined
}

/** Registers `gru-step`: a model that was trained elsewhere, stepped by each message on the state of its topic. */
export default function register(RED: Red): void {
  serveModelFiles(RED)
  serveDevice<StepNode>(RED, 'gru-step', ({ running }) => running?.())
  RED.nodes.registerType('gru-step', function (this: StepNode, config: StepConfig): void {
    RED.nodes.createNode(this, config)
    try {
      start(RED, this, config)
    } catch (thrown) {
      const error = thrown as Error
      this.error(error.message)
      this.status(SETTINGS)
      this.on('input', (_msg, _send, done) => finish(this, done, error))
    }
  })
}

/** A model file to read, for the node's start or for a message. */
interface Load {
  readonly source: () => Promise<string> | Uint8Array
  /** What it keeps in memory while it waits. */
  readonly bytes: number
  readonly done: (failure?: Error) => void
}

/** @throws Error in one sentence when the settings are impossible */
function start(RED: Red, node: StepNode, config: StepConfig): void {
  const { importOptions, sends, ...settings } = readStepSettings(RED, config)
  const modelOptions: StepModelOptions = {
    ...settings,
    hidden: sends !== 'output',
    onEvict: warnOnce((key) =>
      node.warn(`too many streams, now and then one begins anew: first ${quote(key)}`),
    ),
    onDevice(spec, ran) {
      logDevice(ran)
      status.set(modelStatus(spec, ran.device))
    },
    answer,
    onFault: stop,
  }
  const logDevice = createDeviceLog(node)
  const status = createStatus((shown) => node.status(shown))
  const order = createInOrder<StepJob | Load>((job) => ('source' in job ? load(job) : take(job)), {
    jobs: MAX_WAITING,
    bytes: MAX_WAITING_BYTES,
    bytesOf: (job) => ('source' in job ? job.bytes : 0),
  })
  const mayChange = whySynchronous(settings.device) === undefined
  let model: StepModel | undefined
  const withoutModel = errorStatus(config.file ? 'check the model file' : 'no model')
  let missing = new Error('there is no model: choose a file in the settings, or send its bytes as msg.model')
  let steps = 0
  let closed = false

  node.running = () => model?.running
  node.status({})
  if (config.file) loadFirst(config.file)
  else status.set(withoutModel)

  node.on('input', (msg, send, done) => {
    if (closed) {
      finish(node, done, undefined)
      return
    }
    const limit = order.push(jobOf({ msg, send, done }))
    if (limit) finish(node, done, new Error(REFUSED[limit]))
  })
  node.on('close', (_removed, done) => {
    // What waits is answered first.
    order.idle().then(async () => {
      closed = true
      await model?.close()
      status.close()
      done()
    })
  })

  function loadFirst(name: string): void {
    const files = openModelFiles(RED.settings.userDir)
    const done = (failure?: Error): void => {
      if (!failure) return
      missing = new Error(`there is no model: ${failure.message}`)
      node.error(failure.message)
    }
    order.push({ source: () => files.find(name), bytes: 0, done })
  }

  function jobOf(job: StepJob): StepJob | Load {
    const { model: bytes } = job.msg
    if (bytes === undefined) return job
    const done: Load['done'] = (failure) => finish(node, job.done, failure)
    if (types.isUint8Array(bytes)) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return { source: () => view, bytes: view.length, done }
    }
    const source = (): never => {
      throw new TypeError(`msg.model must hold the bytes of a model file, got ${quote(bytes)}`)
    }
    return { source, bytes: 0, done }
  }

  async function load({ source, done }: Load): Promise<void> {
    // What is under way is answered by the model that it was given to, and before this.
    await model?.idle()
    status.set(loadingStatus())
    const failure = await swap(source).then(
      () => undefined,
      (error: Error) => error,
    )
    if (!model) status.set(failure instanceof SettingsError ? SETTINGS : withoutModel)
    else if (failure) status.set(errorStatus('model refused'))
    else status.set(modelStatus(model.spec, model.running?.device ?? wasm.device))
    done(failure)
  }

  /** @throws Error when the file cannot be used; then the model stays the one it was */
  async function swap(source: Load['source']): Promise<void> {
    const imported = await readModel(await source(), importOptions)
    const next = openStepModel(imported, modelOptions)
    await model?.close()
    model = next
    steps = 0
    for (const note of imported.notes) node.log(note)
  }

  function take(job: StepJob): void {
    if (model) model.push(job)
    else finish(node, job.done, missing)
  }

  function answer(spec: GruSpec, outcome: GruStepOutcome<StepJob>): void {
    const { source, key, skipped } = outcome
    const { msg, send, done } = source
    if (skipped) {
      if (skipped.error)
        status.set(errorStatus(skipped.reason === 'invalid' ? 'invalid input' : 'overloaded'))
      finish(node, done, skipped.error, key)
      return
    }
    steps += outcome.outputs?.length ?? 1
    status.set(mayChange ? modelStatus(spec, outcome.device, 'dot') : stepsStatus(spec, steps))
    finish(
      node,
      done,
      attempt(() => send(stepMessage(msg, outcome, sends))),
      key,
    )
  }

  /** Only a fault in this package ends the operator; the messages that follow are told too. */
  function stop(error: Error, unanswered: readonly StepJob[]): void {
    model = undefined
    missing = error
    status.set(errorStatus('stopped by an error'))
    for (const { done } of unanswered) finish(node, done, error)
  }
}
