import { type EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import forecastNode from '../../nodes/forecast.ts'
import type { ModelHost } from '../../nodes/host.ts'
import modelNode from '../../nodes/model.ts'
import type { Message, NodeStatus, Red } from '../../nodes/red.ts'
import stepNode from '../../nodes/step.ts'
import trainNode from '../../nodes/train.ts'

/** A node of the running runtime, with what the tests look at. */
interface RunningNode {
  readonly id: string
  readonly type: string
  readonly host?: ModelHost
  receive(msg: Message): void
  close(removed: boolean): Promise<void>
  on(event: string, listener: (msg: Message) => void): void
  status(status: NodeStatus): void
  log(message: string): void
  warn(message: string): void
  error(message: string, msg?: Message): void
  _complete(msg: Message, error?: Error): void
}

interface Helper {
  init(path: string): void
  settings(settings: object): object
  load(nodes: unknown[], flow: object[]): Promise<void>
  unload(): Promise<void>
  getNode(id: string): RunningNode
  _RED: unknown
  _httpAdmin: RequestListener
  _NodePrototype: RunningNode
  _redNodes: { setFlows(flow: object[], credentials: object, type: string): Promise<void> }
  _events: EventEmitter
}

const require = createRequire(import.meta.url)
const helper: Helper = require('node-red-node-test-helper')
// The helper only logs a runtime that it cannot load, and goes on with another.
const runtime: string = require.resolve(process.env.NODE_RED ?? 'node-red')
helper.init(runtime)
if (helper._RED !== require(runtime)) throw new Error(`cannot test on ${runtime}`)

const ANSWERING: ReadonlySet<string> = new Set(['gru-forecast', 'gru-step', 'gru-train'])

/** What became of a message that a node was given. */
interface Answer {
  readonly msg: Message
  readonly error?: Error
}

/** A real Node-RED runtime with a user directory of its own, and a record of what its nodes did. */
export interface Runtime {
  readonly userDir: string
  /** Calls of `done`, in order. */
  readonly answers: readonly Answer[]
  /** Messages that reached the helper node `out`. */
  readonly sent: readonly Message[]
  /** Status texts, log lines, warnings and errors as `id: text`. */
  readonly statuses: readonly string[]
  readonly logs: readonly string[]
  readonly warnings: readonly string[]
  readonly errors: readonly string[]
  node(id: string): RunningNode
  /** The editor's web server, which listens nowhere. */
  admin(): RequestListener
  start(flow: object[], settings?: object): Promise<void>
  deploy(flow: object[], type?: 'full' | 'nodes'): Promise<void>
  stop(): Promise<void>
  /** Gives messages to a node; settles when each is answered and what was sent has arrived. */
  give(id: string, messages: readonly Message[]): Promise<void>
  /** Stops and removes the user directory. */
  dispose(): Promise<void>
}

/** @param train registers `gru-train` */
export function createRuntime(train: (RED: Red) => void = trainNode): Runtime {
  const userDir = mkdtempSync(join(tmpdir(), 'gruflow-red-'))
  const answers: Answer[] = []
  const sent: Message[] = []
  const statuses: string[] = []
  const logs: string[] = []
  const warnings: string[] = []
  const errors: string[] = []
  const prototype = helper._NodePrototype
  const { _complete } = prototype
  const heard = new WeakSet<RunningNode>()
  let running = false

  function listen(): void {
    const out = helper.getNode('out')
    if (heard.has(out)) return // a deploy that left it running
    heard.add(out)
    out.on('input', (msg) => sent.push(msg))
  }

  return {
    userDir,
    answers,
    sent,
    statuses,
    logs,
    warnings,
    errors,
    node: (id) => helper.getNode(id),
    admin: () => helper._httpAdmin,
    async start(flow, settings = {}) {
      const { status, log, warn, error } = prototype
      prototype._complete = function (msg, failure) {
        if (ANSWERING.has(this.type)) answers.push({ msg, error: failure })
        _complete.call(this, msg, failure)
      }
      prototype.status = function (shown) {
        statuses.push(`${this.id}: ${shown.text ?? ''}`)
        status.call(this, shown)
      }
      prototype.log = function (message) {
        logs.push(`${this.id}: ${message}`)
        log.call(this, message)
      }
      prototype.warn = function (message) {
        warnings.push(`${this.id}: ${message}`)
        warn.call(this, message)
      }
      prototype.error = function (message, msg) {
        if (!msg) errors.push(`${this.id}: ${message}`)
        error.call(this, message, msg)
      }
      running = true
      helper.settings({ userDir, ...settings })
      await helper.load([modelNode, forecastNode, stepNode, train], flow)
      // The helper spies on the same methods and puts its own originals back.
      restore = () => Object.assign(prototype, { _complete, status, log, warn, error })
      listen()
    },
    async deploy(flow, type = 'nodes') {
      const started = once(helper._events, 'flows:started')
      await helper._redNodes.setFlows(flow, {}, type)
      await started
      listen()
    },
    async stop() {
      if (!running) return
      running = false
      await helper.unload()
      restore()
    },
    async give(id, messages) {
      const node = helper.getNode(id)
      const all = answers.length + messages.length
      for (const msg of messages) node.receive(msg)
      // Answers of a model that may be on a GPU come later.
      while (node.type === 'gru-forecast' && answers.length < all) {
        await new Promise((resolve) => setImmediate(resolve))
      }
      // The runtime delivers what was sent in turns of the event loop.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
    async dispose() {
      await this.stop()
      rmSync(userDir, { recursive: true, force: true })
    },
  }
}

let restore = (): void => {}
