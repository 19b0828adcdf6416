// How large the kernels are, and how soon a fresh process has made its first step.
// node bench/start.mjs     (after npm run build)
import { baseline, relaxed } from '../dist/src/engine/wasm/kernels.wasm.js'
import { inFreshNode } from './lib/fresh.mjs'
import { atMost, digits, roundsOr, withQuartiles, writeResults } from './lib/results.mjs'
import { quartiles } from './lib/stats.mjs'

const SHAPE = { inputSize: 8, hiddenSize: 64 }
const BINARIES = { baseline, relaxed }
const READY_MS = 2
const KIBIBYTES = 32

const measured = []
for (const build of await inFreshNode('builds')) {
  const runs = []
  for (let i = 0; i < roundsOr(25); i++) runs.push(await inFreshNode('start', { shape: SHAPE, build }))
  const kibibytes = Buffer.from(BINARIES[build], 'base64').length / 1024
  const of = (name) => quartiles(runs.map((run) => run[name]))
  const ready = quartiles(runs.map(({ kernels, first }) => kernels + first))
  measured.push({ build, kibibytes, kernels: of('kernels'), pack: of('pack'), first: of('first'), ready })
}

writeResults('start', {
  targets: measured.flatMap(({ build, kibibytes, ready }) => [
    atMost(`GRUflow ${build}, size of the .wasm`, KIBIBYTES, { median: kibibytes }, 'KiB'),
    atMost(`GRUflow ${build}, compile, instantiate, first step`, READY_MS, ready, 'ms'),
  ]),
  tables: [
    {
      title: 'In fresh processes, ms on the wall:',
      columns: ['', ...measured.map(({ build }) => build)],
      rows: [
        ['.wasm, KiB', ...measured.map(({ kibibytes }) => digits(kibibytes))],
        ['decode, check, compile, instantiate', ...measured.map(({ kernels }) => withQuartiles(kernels))],
        ['open a stepper: pack the weights of 8/64', ...measured.map(({ pack }) => withQuartiles(pack))],
        ['first step', ...measured.map(({ first }) => withQuartiles(first))],
      ],
    },
  ],
})
