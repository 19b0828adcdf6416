import type { Done, RedNode } from './red.ts'

/** Calls `done`; a message nested too deep for the runtime to copy to Catch nodes is named there by its key. */
export function finish(node: RedNode, done: Done, failure: Error | undefined, key = ''): void {
  const unsaid = attempt(() => done(failure))
  if (unsaid) node.error((failure ?? unsaid).message, { topic: key })
}

/** Runs something of the runtime's; what it throws must not end the process. */
export function attempt(run: () => void): Error | undefined {
  try {
    run()
    return undefined
  } catch (thrown) {
    return thrown as Error
  }
}

/** Gives the first warning and keeps quiet about those that follow. */
export function warnOnce(warn: (key: string) => void): (key: string) => void {
  let warned = false
  return (key) => {
    if (!warned) warn(key)
    warned = true
  }
}
