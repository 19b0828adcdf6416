import type { IncomingMessage, ServerResponse } from 'node:http'

// The members of Node-RED's runtime API that the nodes use, and no others.

export interface Red {
  readonly nodes: {
    createNode(node: RedNode, config: NodeConfig): void
    /** Node-RED makes the constructed node inherit from its own Node. */
    registerType<C extends NodeConfig>(type: string, construct: (this: RedNode, config: C) => void): void
    getNode(id: string): RedNode | null | undefined
    /** Every configured node, disabled ones too; not the copies inside subflows. */
    eachNode(visit: (config: { readonly id: string; readonly type: string }) => void): void
  }
  readonly util: {
    /** @throws Error when a name on the way leads through nothing */
    getMessageProperty(msg: Message, property: string): unknown
    /** @throws Error when the text names no property */
    normalisePropertyExpression(property: string): unknown
  }
  readonly settings: {
    readonly userDir?: string
    /** Where core nodes look for files that are named without a folder. */
    readonly fileWorkingDirectory?: string
  }
  /** The editor's web server. Every route must begin with a handler of `auth.needsPermission`. */
  readonly httpAdmin: {
    get(path: string, ...handlers: AdminHandler[]): void
    post(path: string, ...handlers: AdminHandler[]): void
  }
  readonly auth: {
    /** Answers 401 to those who may not; `<what>.read` or `<what>.write`. */
    needsPermission(permission: string): AdminHandler
  }
}

export interface AdminRequest extends IncomingMessage {
  /** Parts of the path, percent-decoded. */
  readonly params: Readonly<Record<string, string>>
}

export type AdminHandler = (request: AdminRequest, response: ServerResponse, next: () => void) => void

/** A node's settings; `${NAME}` of the environment has been filled in where it is set. */
export interface NodeConfig {
  readonly id: string
  readonly name?: string
}

export interface Message {
  topic?: unknown
  payload?: unknown
  [property: string]: unknown
}

/** An array has a message for each output, `null` where there is none. */
export type Send = (msg: Message | readonly (Message | null)[]) => void
export type Done = (error?: Error) => void

export interface RedNode {
  readonly id: string
  readonly type: string
  on(event: 'input', listener: (msg: Message, send: Send, done: Done) => void): void
  on(event: 'close', listener: (removed: boolean, done: () => void) => void): void
  status(status: NodeStatus): void
  log(message: string): void
  warn(message: string): void
  /** With a message, Catch nodes hear of it. */
  error(message: string, msg?: Message): void
}

export interface NodeStatus {
  readonly fill?: 'red' | 'green' | 'yellow'
  readonly shape?: 'ring' | 'dot'
  /** At most 20 characters. */
  readonly text?: string
}

/** Whether a closed node was deleted; Node-RED also says `removed` of one that is merely disabled. */
export function isDeleted(RED: Red, id: string, removed: boolean): boolean {
  if (!removed) return false
  let found = false
  RED.nodes.eachNode((config) => {
    found ||= config.id === id
  })
  return !found
}
