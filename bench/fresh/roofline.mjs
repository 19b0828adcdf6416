// The limits of this core and what GRUflow makes of them, in the same rounds: see ../roofline.mjs.
import { builds, openGruflow } from '../contenders/gruflow.mjs'
import { timed } from '../lib/contender.mjs'
import { answer, givenTask } from '../lib/fresh.mjs'
import { rounds } from '../lib/rounds.mjs'
import { drawInputs, drawWeights, flop, weightBytes } from '../lib/weights.mjs'

const ROUNDS = 1000
const L1_BYTES = 16_384
const L2_BYTES = 524_288
const READ_BYTES = 524_288
const INPUTS = 64

const { shape, streams, count, binary } = givenTask()
const kernels = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(binary, 'base64'))).exports
const weights = drawWeights(shape)

/** Work of one call: operations, bytes, or steps. */
const work = {
  multiplyAdd: ROUNDS * 13 * 8,
  fusedMultiplyAdd: ROUNDS * 12 * 8,
}
const contenders = [
  { name: 'multiplyAdd', step: () => kernels.multiplyAdd(ROUNDS) },
  { name: 'fusedMultiplyAdd', step: () => kernels.fusedMultiplyAdd(ROUNDS) },
  read('readL1', L1_BYTES),
  read('readL2', L2_BYTES),
  read('readWeights', weightBytes(shape)),
].map((contender) => timed(contender, [undefined]))

for (const build of builds) {
  for (const [kind, lanes] of [
    ['step', 1],
    ['batch', streams],
  ]) {
    const name = `${kind} ${build}`
    contenders.push(
      timed(
        { ...openGruflow(build, shape, weights, lanes), name },
        drawInputs(shape, lanes, lanes > 1 ? 4 : INPUTS),
      ),
    )
    work[name] = lanes * flop(shape)
  }
}
answer({ shape, times: await rounds(contenders, { count, slotMs: 25 }), work })

/** A call reads about as much, however large the piece that it reads again and again. */
function read(name, bytes) {
  const times = Math.ceil(READ_BYTES / bytes)
  work[name] = times * bytes
  return { name, step: () => kernels.read(bytes, times) }
}
