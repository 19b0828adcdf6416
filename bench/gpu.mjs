// The GPU against WASM: numbers, round trip, throughput, what `auto` makes of it, long runs.
// node bench/gpu.mjs [--software] [--only errors,roundtrip]      (after npm run build)
// node bench/gpu.mjs --pack FOLDER [--platform linux-x64]      for a machine without npm
// node bench/gpu.mjs --report      RESULTS.md anew, with results that were copied here
import { setFlagsFromString } from 'node:v8'
import { NoGpuError } from '../dist/src/engine/gpu/no-gpu.js'
import { findAdapter } from './gpu/adapter.mjs'
import { askAuto } from './gpu/auto.mjs'
import { earlier } from './gpu/earlier.mjs'
import { measureEndurance } from './gpu/endurance.mjs'
import { measureErrors } from './gpu/error.mjs'
import { OptionError, readOptions } from './gpu/options.mjs'
import { pack } from './gpu/pack.mjs'
import { resultsOf } from './gpu/report.mjs'
import { measureRoundTrip } from './gpu/roundTrip.mjs'
import { measureSequences } from './gpu/sequences.mjs'
import { measureThroughput } from './gpu/throughput.mjs'
import { LEFT_OUT } from './lib/left.mjs'
import { RELAXED_SIMD } from './lib/relaxed.mjs'
import { renderReport, writeResults } from './lib/results.mjs'

const BAD_OPTION = 2

const measures = {
  errors: measureErrors,
  roundtrip: measureRoundTrip,
  throughput: measureThroughput,
  auto: askAuto,
  sequences: measureSequences,
  endurance: measureEndurance,
}

try {
  const { pack: folder, platform, report, only, software } = readOptions()
  if (folder !== undefined) pack(folder, platform)
  else if (report) renderReport()
  else await measure(await findAdapter({ software }), only)
} catch (error) {
  console.error(error.message)
  process.exitCode = statusOf(error)
}

function statusOf(error) {
  if (error instanceof OptionError) return BAD_OPTION
  return error instanceof NoGpuError ? LEFT_OUT : 1
}

async function measure(adapter, only) {
  console.log(`${adapter.name}: ${adapter.description || adapter.device}`)
  // The fastest build of the kernels, also where Node.js does not offer it by itself. Before the first model.
  for (const flag of RELAXED_SIMD) setFlagsFromString(flag)
  const found = { adapter, failed: [], ...earlier(adapter) }
  const done = []
  for (const name of only) {
    const begun = performance.now()
    delete found[name]
    delete found.measured[name]
    try {
      found[name] = await measures[name](adapter)
      found.measured[name] = new Date().toISOString()
    } catch (error) {
      // The others are worth having: a GPU may be lent for minutes only.
      found.failed.push({ name, message: error.message })
      console.error(`${name}: ${error.stack}`)
    }
    console.log(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`)
    // Whatever ends this before its time finds the parts before it written.
    done.push(name)
    writeResults('gpu', resultsOf(found, done))
  }
  if (found.failed.length > 0) process.exitCode = 1
}
