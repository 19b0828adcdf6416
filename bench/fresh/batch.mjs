// One shape, many streams that share its weights, every contender that can: see ../batch.mjs.
import { openGpujs } from '../contenders/gpujs.mjs'
import { builds, openGruflow } from '../contenders/gruflow.mjs'
import { openOrt } from '../contenders/ort.mjs'
import { openTfjs } from '../contenders/tfjs.mjs'
import { contest } from '../lib/contest.mjs'
import { answer, givenTask } from '../lib/fresh.mjs'

const open = (shape, weights, streams) =>
  Promise.all([
    ...builds.map((build) => openGruflow(build, shape, weights, streams)),
    openOrt('GRU', shape, weights, streams),
    openOrt('Gemm', shape, weights, streams),
    openTfjs(shape, weights, streams),
    openGpujs('cpu', shape, weights, streams),
    openGpujs('webasm', shape, weights, streams),
  ])

answer(await contest({ steps: 20, slotMs: 60, ...givenTask() }, open))
