import { detailsOf } from '../lib/results.mjs'
import { PARTS } from './options.mjs'

export const variantOf = ({ name }) => name.replace(/^gpu:/, '')

/**
 * Parts that were measured on this adapter before, with when: those that are not measured now are kept.
 * @returns { measured: { part: ISO date }, …parts }
 */
export function earlier(adapter) {
  const { measured = {}, ...found } = detailsOf('gpu', variantOf(adapter)) ?? {}
  if (JSON.stringify(found.adapter) !== JSON.stringify(adapter)) return { measured: {} }
  const known = PARTS.filter((name) => measured[name] && found[name])
  return {
    measured: Object.fromEntries(known.map((name) => [name, measured[name]])),
    ...Object.fromEntries(known.map((name) => [name, found[name]])),
  }
}
