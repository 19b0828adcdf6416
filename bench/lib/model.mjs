import { createModel, gruSpec, presets } from '../../dist/src/index.js'

/** GRUflow's model of PyTorch's equations. */
export function gruflowModel(shape, { wi, wh, bi, bh }) {
  const spec = gruSpec({ ...presets.pytorch, ...shape })
  const packed = new Float32Array(wi.length + wh.length + bi.length + bh.length)
  let offset = 0
  for (const part of [wi, wh, bi, bh]) {
    packed.set(part, offset)
    offset += part.length
  }
  return createModel(spec, packed)
}
