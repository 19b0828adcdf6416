import type { FitOptions, Fitted } from '../src/forecast/fit/types.ts'
import { writeFitted } from '../src/store/fitted.ts'
import { attempt, finish } from './answer.ts'
import { findHost } from './model.ts'
import { openModelFiles } from './models.ts'
import type { Done, Message, Red, RedNode, Send } from './red.ts'
import { createStatus, errorStatus } from './status.ts'
import { type History, readFile } from './trainHistory.ts'
import { createTrainInput, type ReadHistory } from './trainInput.ts'
import { fittedMessages } from './trainMessage.ts'
import { serveTrain, type TrainNode, type TrainReport } from './trainRoutes.ts'
import { createTrainRuns, type Fit } from './trainRuns.ts'
import { readTrainSettings, type TrainConfig } from './trainSettings.ts'
import { collectedStatus, fittedStatus, progressStatus } from './trainStatus.ts'

/** Registers `gru-train`: history in, a fitted model out. `fit` learns from it. */
export function registerTrain(RED: Red, fit: Fit): void {
  serveTrain(RED)
  RED.nodes.registerType('gru-train', function (this: RedNode, config: TrainConfig): void {
    RED.nodes.createNode(this, config)
    try {
      start(RED, this, config, fit)
    } catch (thrown) {
      const error = thrown as Error
      this.error(error.message)
      this.status(errorStatus('check the settings'))
      this.on('input', (_msg, _send, done) => finish(this, done, error))
    }
  })
}

/** @throws Error in one sentence when the settings are impossible */
function start(RED: Red, node: TrainNode, config: TrainConfig, fit: Fit): void {
  const settings = readTrainSettings(config)
  const host = config.model ? findHost(RED, config.model) : undefined
  const input = createTrainInput((parts) =>
    node.warn(`a history is given up: of its msg.parts only ${parts} have come, and others have begun since`),
  )
  const status = createStatus((shown) => node.status(shown))
  const runs = createTrainRuns(fit, fitOptions, () => {
    const { state, progress } = runs.now
    if (state !== 'idle') status.set(progressStatus(progress))
  })
  let last: TrainReport['last'] = null
  let closed = false

  const stop = (why: string): number =>
    runs.stop(new DOMException(`the fit was stopped: ${why}`, 'AbortError'))
  node.report = () => ({ ...runs.now, collected: input.collected, last })
  node.stop = () => stop('by the editor')
  node.status({})
  node.on('input', (msg, send, done) => {
    if (closed) finish(node, done, undefined)
    else take(msg, send, done)
  })
  node.on('close', (_removed, done) => {
    closed = true
    stop('the node was closed')
    runs.idle().then(() => {
      status.close()
      done()
    })
  })

  function take(msg: Message, send: Send, done: Done): void {
    if (Object.hasOwn(msg, 'reset')) {
      input.clear()
      if (stop('msg.reset') === 0) status.set({})
      finish(node, done, undefined)
      return
    }
    const refused = attempt(() => {
      const fromFile: ReadHistory = (signal) => readNamed(msg, signal)
      const read = settings.history === 'file' ? fromFile : input.take(msg)
      if (read) runs.push({ read, fitted: answer, failed })
      else collected()
    })
    if (refused) failed(refused)

    async function answer(fitted: Fitted, { period, notes }: History): Promise<void> {
      const { model, metrics } = fitted
      for (const note of notes) node.warn(note)
      host?.model.adopt(model, metrics?.skill ?? null)
      const bytes = writeFitted({ model, period, metrics, fittedAt: Date.now() })
      const unsaved = await save(bytes)
      last = metrics && { sentence: metrics.sentence }
      status.set(fittedStatus(metrics))
      const file = unsaved ? null : settings.saveAs
      const unsent = attempt(() => send(fittedMessages(msg, fitted, file)))
      finish(node, done, unsaved ?? unsent)
    }

    function failed(error: Error): void {
      last = { error: error.message }
      status.set(errorStatus(error.name === 'AbortError' ? 'stopped' : 'not fitted'))
      finish(node, done, error)
    }

    function collected(): void {
      if (runs.now.state === 'idle') status.set(collectedStatus(input.collected))
      finish(node, done, undefined)
    }
  }

  /** Who sets up flows may name any file in a core file node, and so may what is set here; messages may not. */
  function readNamed({ filename }: Message, signal?: AbortSignal): Promise<History> {
    const { userDir, fileWorkingDirectory } = RED.settings
    const folders = { userDir, fileWorkingDirectory }
    if (!settings.filename) return readFile(filename, folders, signal)
    return readFile(settings.filename, { ...folders, workingDirectory: process.cwd() }, signal)
  }

  function fitOptions(): FitOptions {
    if (!host) return settings.fit
    const { segment, hiddenSize, season } = host.options
    return { ...settings.fit, horizon: host.model.horizon, segment, hiddenSize, season }
  }

  /** What has failed. */
  async function save(bytes: Uint8Array): Promise<Error | undefined> {
    try {
      await openModelFiles(RED.settings.userDir).keep(settings.saveAs, bytes)
      return undefined
    } catch (error) {
      return error as Error
    }
  }
}
