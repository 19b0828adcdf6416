// The GPU against WASM: numbers, round trip, throughput, what `auto` makes of it, long runs.
// node bench/gpu.mjs [--software]      (after npm run build)
// node bench/gpu.mjs --pack FOLDER [--platform linux-x64]      for a machine without npm
// node bench/gpu.mjs --report      RESULTS.md anew, with results that were copied here
import { parseArgs } from 'node:util'
import { findAdapter } from './gpu/adapter.mjs'
import { askAuto } from './gpu/auto.mjs'
import { measureEndurance } from './gpu/endurance.mjs'
import { measureErrors } from './gpu/error.mjs'
import { pack } from './gpu/pack.mjs'
import { resultsOf } from './gpu/report.mjs'
import { measureRoundTrip } from './gpu/roundTrip.mjs'
import { measureSequences } from './gpu/sequences.mjs'
import { measureThroughput } from './gpu/throughput.mjs'
import { renderReport, writeResults } from './lib/results.mjs'

const { values: options } = parseArgs({
  options: {
    software: { type: 'boolean', default: false },
    pack: { type: 'string' },
    platform: { type: 'string', default: 'linux-x64' },
    report: { type: 'boolean', default: false },
  },
})

try {
  if (options.pack !== undefined) pack(options.pack, options.platform)
  else if (options.report) renderReport()
  else await measure(await findAdapter(options))
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}

async function measure(adapter) {
  console.log(`${adapter.name}: ${adapter.description || adapter.device}`)
  const found = { adapter, failed: [] }
  const part = async (name, measurePart) => {
    const begun = performance.now()
    try {
      found[name] = await measurePart()
    } catch (error) {
      // The others are worth having: a GPU may be lent for minutes only.
      found.failed.push({ name, message: error.message })
      console.error(`${name}: ${error.stack}`)
    }
    console.log(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`)
    // Whatever ends this before its time finds the parts before it written.
    writeResults('gpu', resultsOf(found))
  }
  await part('errors', measureErrors)
  await part('roundTrip', measureRoundTrip)
  await part('throughput', measureThroughput)
  if (found.throughput) await part('auto', () => askAuto(found.throughput.cells))
  await part('sequences', () => measureSequences(adapter))
  await part('endurance', () => measureEndurance(adapter))
  if (found.failed.length > 0) process.exitCode = 1
}
