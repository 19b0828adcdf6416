import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { RELAXED_SIMD } from './relaxed.mjs'

const MAX_OUTPUT = 2 ** 26

/**
 * Runs `fresh/<name>.mjs` in a Node.js of its own, so that neither memory nor compiled code of anything else is in
 * its way, and returns the JSON on the last line that it prints.
 */
export async function inFreshNode(name, task = {}, flags = []) {
  const script = fileURLToPath(new URL(`../fresh/${name}.mjs`, import.meta.url))
  const args = [...RELAXED_SIMD, ...flags, script, JSON.stringify(task)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: MAX_OUTPUT })
  return JSON.parse(stdout.trimEnd().split('\n').at(-1))
}

/** The task that a fresh process was given. */
export const givenTask = () => JSON.parse(process.argv[2])

export const answer = (value) => console.log(JSON.stringify(value))
