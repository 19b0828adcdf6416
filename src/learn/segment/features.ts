import type { SegmentSpec } from './types.ts'

/** Scaled changes beyond this are clipped, so that one broken reading cannot saturate the net. */
const CLIP = 10

/**
 * Writes the encoder's inputs for the forecast issued at `t`; they read nothing after `t`.
 *
 * In units of `scale` and relative to x_t: the last `segment` values; x_t − x_{t−segment}; and, if the net is
 * seasonal, x_{t−season} − x_t. Before the first value the first value is repeated; without a season its input is 0.
 * @param values the stream's history on its grid
 * @param first index of the oldest usable value
 * @param out receives `featureCount(spec)` numbers from `at` on
 */
export function writeFeatures(
  { segment, seasonal }: Pick<SegmentSpec, 'segment' | 'seasonal'>,
  values: Float64Array,
  first: number,
  t: number,
  scale: number,
  season: number,
  out: Float64Array | Float32Array,
  at: number,
): void {
  const last = values[t]
  const unit = 1 / scale
  let o = at
  for (let k = segment - 1; k >= 0; k--) {
    out[o++] = clip((values[Math.max(t - k, first)] - last) * unit)
  }
  out[o++] = clip((last - values[Math.max(t - segment, first)]) * unit)
  if (seasonal) out[o] = season > 0 ? clip((values[Math.max(t - season, first)] - last) * unit) : 0
}

function clip(v: number): number {
  return Math.min(Math.max(v, -CLIP), CLIP)
}
