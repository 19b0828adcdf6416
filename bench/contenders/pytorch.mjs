import { fileURLToPath } from 'node:url'
import { base64 } from '../lib/base64.mjs'
import { sampledRows } from '../lib/check.mjs'
import { openChild } from '../lib/child.mjs'

const SCRIPT = fileURLToPath(new URL('pytorch.py', import.meta.url))

/** PyTorch's GRUs in one process; none unless the environment names a Python that has it: PYTHON=/usr/bin/python3. */
export async function openPytorch(shape, weights, streams, inputs) {
  if (!process.env.PYTHON) return { contenders: [], close() {} }
  const { ask, close } = openChild(process.env.PYTHON, [SCRIPT])
  const { version, names } = await ask('open', {
    size: shape,
    weights: Object.fromEntries(Object.entries(weights).map(([name, values]) => [name, base64(values)])),
    streams,
    inputs: inputs.map(base64),
  })
  const rows = sampledRows(streams)
  return {
    version,
    contenders: names.map((name) => ({
      name: `PyTorch ${name}`,
      states: () => ask('states', { name, rows }),
      measure: (steps) => ask('measure', { name, steps }),
    })),
    close,
  }
}
