import { tensors } from '../../engine/layout.ts'
import type { Model } from '../../engine/model.ts'
import { NATIVE_KEY, writeDescription } from '../native.ts'
import { asTorch } from '../torch-form.ts'
import type { Writer } from '../types.ts'
import { packSafetensors } from './pack.ts'

/** Any model, its tensors named as `tensors(spec)` says and the specification in the metadata. */
export const writeSafetensors: Writer = (model, preprocessing) => ({
  bytes: encode(model, (name) => name, writeDescription(model.spec, preprocessing)),
  notes: [],
})

/** For `load_state_dict` of a module with `self.gru = nn.GRU(…)` and, with a projection, `self.head = nn.Linear(…)`. */
export const writePytorch: Writer = (model, preprocessing) => {
  const torch = asTorch(model, 'PyTorch')
  const name = (own: string): string => (own.startsWith('head.') ? own : `gru.${own}`)
  const description = preprocessing && writeDescription(undefined, preprocessing)
  return { bytes: encode(torch.model, name, description), notes: torch.notes }
}

function encode(
  { spec, weights }: Model,
  nameOf: (own: string) => string,
  description: string | undefined,
): Uint8Array {
  const blocks = tensors(spec).map(({ name, shape, offset }) => {
    const length = shape.reduce((a, b) => a * b, 1)
    return { name: nameOf(name), shape, values: weights.subarray(offset, offset + length) }
  })
  return packSafetensors(description === undefined ? {} : { [NATIVE_KEY]: description }, blocks)
}
