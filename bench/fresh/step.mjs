// One shape, one stream, every contender: see ../step.mjs.
import { openBrain } from '../contenders/brain.mjs'
import { openGpujs } from '../contenders/gpujs.mjs'
import { builds, openGruflow } from '../contenders/gruflow.mjs'
import { openNaive } from '../contenders/naive.mjs'
import { openOrt } from '../contenders/ort.mjs'
import { openTfjs } from '../contenders/tfjs.mjs'
import { openTuned } from '../contenders/tuned.mjs'
import { contest } from '../lib/contest.mjs'
import { answer, givenTask } from '../lib/fresh.mjs'

const open = (shape, weights, streams) =>
  Promise.all([
    ...builds.map((build) => openGruflow(build, shape, weights, streams)),
    openTuned(shape, weights),
    openNaive(shape, weights),
    openOrt('GRU', shape, weights, streams),
    openOrt('Gemm', shape, weights, streams),
    openTfjs(shape, weights, streams),
    openGpujs('cpu', shape, weights, streams),
    openGpujs('webasm', shape, weights, streams),
  ])

answer(
  await contest({ streams: 1, steps: 200, slotMs: 25, ...givenTask() }, open, (shape) => [openBrain(shape)]),
)
