import { Subject } from 'rxjs'
import { checkStreamsOptions } from '../src/forecast/options.ts'
import type { Outcome, StreamsOptions } from '../src/forecast/types.ts'
import { quote } from '../src/quote.ts'
import { forecast } from '../src/rx/forecast.ts'
import type { SnapshotFile } from '../src/store/file.ts'
import { attempt, finish, warnOnce } from './answer.ts'
import { logDevices, readDevice } from './device.ts'
import { createOutputs } from './forecastOutputs.ts'
import { type ModelHost, nodeFile, openHost } from './host.ts'
import { createMessageReader, type MessageOptions, type MessageReading } from './message.ts'
import { findHost, type ModelNode } from './model.ts'
import {
  type Done,
  isDeleted,
  type Message,
  type NodeConfig,
  type Red,
  type RedNode,
  type Send,
} from './red.ts'
import { readCoverage, readDuration, readNumber, readWhole } from './settings.ts'
import {
  ALARM_SHOWN,
  anomalyStatus,
  createStatus,
  deviceStatus,
  errorStatus,
  forecastStatus,
  warmingStatus,
} from './status.ts'

interface ForecastConfig extends NodeConfig, MessageOptions {
  /** Id of a `gru-model` node; blank: a model of the node's own. */
  readonly model?: string
  readonly period?: unknown
  readonly periodUnit?: unknown
  readonly warmUp?: unknown
  /** One, or several with commas between them. */
  readonly coverage?: unknown
  readonly maxStreams?: unknown
  /** Absent in nodes that were saved with one output. */
  readonly metricsEvery?: unknown
}

const MAX_METRICS_EVERY = 1_000_000

/** A message on its way through the operator, and how to answer it. */
interface Job {
  readonly reading: MessageReading
  readonly msg: Message
  readonly send: Send
  readonly done: Done
}

/** Registers `gru-forecast`: readings in; forecasts, alarms and metrics out; one stream for each topic. */
export default function register(RED: Red): void {
  RED.nodes.registerType('gru-forecast', function (this: RedNode, config: ForecastConfig): void {
    RED.nodes.createNode(this, config)
    try {
      start(RED, this, config)
    } catch (thrown) {
      const error = thrown as Error
      this.error(error.message)
      this.status(errorStatus('check the settings'))
      this.on('input', (_msg, _send, done) => finish(this, done, error))
    }
  })
}

/** @throws Error in one sentence when the settings are impossible */
function start(RED: Red, node: RedNode, config: ForecastConfig): void {
  const options: StreamsOptions = {
    period: readDuration('period', config.period, config.periodUnit),
    warmUp: readNumber('warmUp', config.warmUp),
    coverage: readCoverage(config.coverage),
    maxStreams: readNumber('maxStreams', config.maxStreams),
    onEvict: warnOnce((key) =>
      node.warn(`too many streams, now and then one is forgotten: first ${quote(key)}`),
    ),
  }
  checkStreamsOptions(options)
  const metricsEvery = readWhole('metricsEvery', config.metricsEvery, MAX_METRICS_EVERY, 0)
  const read = createMessageReader(RED, config)
  const file = nodeFile(RED.settings.userDir, node.id)
  const host = config.model ? findHost(RED, config.model) : openOwn(node, file)
  forgetElsewhere(RED, node.id, config.model)
  const outputs = createOutputs({
    metricsEvery,
    season: host.options.season,
    maxStreams: options.maxStreams,
  })
  const status = createStatus((shown) => node.status(shown))
  const jobs = new Subject<Job>()
  const unanswered = new Set<Job>()
  let ended: { readonly error?: Error } | undefined

  const answers = jobs
    .pipe(
      forecast<Job>({
        streams: host.attach(node.id, options),
        key: ({ reading }) => reading.key,
        value: ({ reading }) => reading.value,
        time: ({ reading }) => reading.time,
        reset: ({ reading }) => reading.reset ?? false,
      }),
    )
    .subscribe({ next: answer, error: fail })

  let { device } = host.model
  const stopListening = host.model.onChange(() => {
    if (host.model.device !== device) status.set(deviceStatus(host.model.device))
    device = host.model.device
  })

  node.status({})
  node.on('input', (msg, send, done) => {
    if (ended) finish(node, done, ended.error)
    else {
      const job = { reading: read(msg), msg, send, done }
      unanswered.add(job)
      // Before the answer: a model that closes meanwhile saves what it has taken.
      host.touch()
      jobs.next(job)
    }
  })
  node.on('close', (removed, done) => {
    // The operator answers what is under way, and nothing that comes from now on.
    ended ??= {}
    answers.add(() => {
      stopListening()
      status.close()
      end(isDeleted(RED, node.id, removed))
        .catch((error) => node.error(error.message))
        .finally(done)
    })
    jobs.complete()
  })

  function answer(outcome: Outcome<Job>): void {
    const { source, key, forecast, skipped } = outcome
    const { msg, send, done } = source
    unanswered.delete(source)
    if (forecast?.anomaly?.flagged) status.set(anomalyStatus(forecast.last), ALARM_SHOWN)
    if (forecast) status.set(forecastStatus(forecast))
    else if (skipped.progress) status.set(warmingStatus(skipped.progress))
    else if (skipped.error) {
      status.set(errorStatus(skipped.reason === 'invalid' ? 'invalid reading' : 'overloaded'))
    }
    const failure = attempt(() => {
      const sent = outputs(msg, key, outcome)
      if (sent) send(sent)
    })
    finish(node, done, failure ?? skipped?.error, key)
  }

  /** Only a fault in this package ends the operator; the messages under way and those that follow are told. */
  function fail(error: Error): void {
    ended = { error }
    node.error(error.message)
    status.set(errorStatus('stopped by an error'))
    for (const { done } of unanswered) finish(node, done, error)
  }

  async function end(deleted: boolean): Promise<void> {
    if (deleted) host.forget(node.id)
    else await host.detach(node.id)
    if (!config.model) await host.close({ remove: deleted })
    if (deleted) await file?.remove()
  }
}

/** A model of the node's own. */
function openOwn(node: RedNode, file: SnapshotFile | undefined): ModelHost {
  const host = openHost({
    model: { device: readDevice(undefined) },
    file,
    warn: (message) => node.warn(message),
  })
  logDevices(node, host.model)
  return host
}

/** A node that has moved here from another model leaves nothing behind in that one's file. */
function forgetElsewhere(RED: Red, id: string, model: string | undefined): void {
  RED.nodes.eachNode((config) => {
    if (config.type !== 'gru-model' || config.id === model) return
    const other = RED.nodes.getNode(config.id) as ModelNode | null | undefined
    other?.host?.forget(id)
  })
}
