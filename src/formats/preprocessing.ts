import type { GruSpec } from '../engine/spec.ts'
import { quote } from '../quote.ts'
import { fieldsOf } from './fields.ts'
import type { Preprocessing, Scaling } from './types.ts'

const MAX_NAME = 256

/**
 * Checks a preprocessing against the GRU that it is for, and leaves defaults out.
 * @throws RangeError when a list has another length than the GRU has numbers, a mean is not finite or a std not positive
 */
export function checkPreprocessing(spec: GruSpec, value: unknown): Preprocessing {
  const { inputs, outputs } = fieldsOf('preprocessing', value, ['inputs', 'outputs'])
  return Object.freeze({
    ...(inputs !== undefined && { inputs: scalings('inputs', inputs, spec.inputSize) }),
    ...(outputs !== undefined && { outputs: scalings('outputs', outputs, spec.outputSize) }),
  })
}

function scalings(name: string, value: unknown, length: number): readonly Scaling[] {
  if (!Array.isArray(value) || value.length !== length) {
    throw new RangeError(`preprocessing.${name} must be an array of ${length}, got ${quote(value)}`)
  }
  return Object.freeze(value.map((item, i) => scaling(`preprocessing.${name}[${i}]`, item)))
}

function scaling(at: string, value: unknown): Scaling {
  const { name, mean, std } = fieldsOf(at, value, ['name', 'mean', 'std'])
  if (name !== undefined && (typeof name !== 'string' || name === '' || name.length > MAX_NAME)) {
    throw new RangeError(`${at}.name must be 1 to ${MAX_NAME} characters, got ${quote(name)}`)
  }
  if (mean !== undefined && !(typeof mean === 'number' && Number.isFinite(mean))) {
    throw new RangeError(`${at}.mean must be a finite number, got ${quote(mean)}`)
  }
  if (std !== undefined && !(typeof std === 'number' && Number.isFinite(std) && std > 0)) {
    throw new RangeError(`${at}.std must be a finite number above 0, got ${quote(std)}`)
  }
  return Object.freeze({
    ...(name !== undefined && { name }),
    ...(mean !== undefined && { mean }),
    ...(std !== undefined && { std }),
  })
}
