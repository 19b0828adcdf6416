import type { SegmentSpec } from './types.ts'

/** Scaled changes beyond this are clipped, so that one broken reading cannot saturate the net. */
const CLIP = 10

/**
 * Writes the encoder's inputs for the forecast issued at `t`; they read nothing after `t`.
 *
 * In units of `scale` and relative to x_t: the last `segment` values; x_t − x_{t−segment}; x_{t−season} − x_t; and,
 * relative to x_{t−season}, the `horizon` values that followed one season ago (wrapped where the horizon is the
 * longer). Before the first value the first value is repeated; without a season its inputs are 0.
 * @param values the stream's history on its grid
 * @param first index of the oldest usable value
 * @param out receives `featureCount(spec)` numbers from `at` on
 */
export function writeFeatures(
  spec: SegmentSpec,
  values: Float64Array,
  first: number,
  t: number,
  scale: number,
  season: number,
  out: Float64Array | Float32Array,
  at: number,
): void {
  const { segment, horizon } = spec
  const last = values[t]
  const unit = 1 / scale
  let o = at
  for (let k = segment - 1; k >= 0; k--) {
    out[o++] = clip((values[Math.max(t - k, first)] - last) * unit)
  }
  out[o++] = clip((last - values[Math.max(t - segment, first)]) * unit)
  const back = t - season
  if (season > 0 && back >= first) {
    const then = values[back]
    out[o++] = clip((then - last) * unit)
    for (let j = 1; j <= horizon; j++) out[o++] = clip((values[back + wrap(j, season)] - then) * unit)
  } else {
    out.fill(0, o, o + horizon + 1)
  }
}

/** 1..season, 1..season, … so that what is read never lies after the present. */
function wrap(step: number, season: number): number {
  return ((step - 1) % season) + 1
}

function clip(v: number): number {
  return Math.min(Math.max(v, -CLIP), CLIP)
}
