import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('pytorch.py', import.meta.url))

/**
 * PyTorch in a process of its own, which measures its own CPU time while this one waits; null unless the environment
 * names a Python that has it: PYTHON=/usr/bin/python3.
 */
export async function openPytorch(shape, weights, streams, inputs) {
  if (!process.env.PYTHON) return null
  const child = spawn(process.env.PYTHON, [SCRIPT], { stdio: ['pipe', 'pipe', 'inherit'] })
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]()
  const ask = async (task, details) => {
    child.stdin.write(`${JSON.stringify({ task, ...details })}\n`)
    const { value, done } = await answers.next()
    if (done) throw new Error(`${process.env.PYTHON} ended before it answered: has it PyTorch?`)
    return JSON.parse(value)
  }
  const { version, names } = await ask('open', {
    size: shape,
    weights: Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, base64(values)])),
    streams,
    inputs: inputs.map(base64),
  })
  return {
    version,
    contenders: names.map((name) => ({
      name: `PyTorch ${name}`,
      variant: name,
      measure: async (steps) => (1e6 * (await ask('measure', { name, steps }))) / steps,
    })),
    /** States of some streams in one pass over the inputs, from zero: [steps · rows · hiddenSize]. */
    async outputs(name, rows) {
      const bytes = Buffer.from(await ask('outputs', { name, rows }), 'base64')
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    },
    close: () => child.stdin.end(),
  }
}

const base64 = (values) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
