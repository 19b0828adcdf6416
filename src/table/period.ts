/** Below this share of the upper quartile, the median is that of bursts, not of the sensor. */
const BURST = 0.05
/** With fewer distances a single gap looks like the time between bursts. */
const DISTANCES = 7

/**
 * The step of a grid on which times in rising order lie: the median distance, which jitter and a few gaps do not move;
 * the upper quartile where rows come in bursts and there are eight or more. null for fewer than two times.
 */
export function periodOf(times: Float64Array): number | null {
  if (times.length < 2) return null
  const distances = new Float64Array(times.length - 1)
  for (let i = 0; i < distances.length; i++) distances[i] = times[i + 1] - times[i]
  distances.sort()
  const median = distances[(distances.length - 1) >> 1]
  if (distances.length < DISTANCES) return median
  const quartile = distances[Math.floor(0.75 * distances.length)]
  return median < BURST * quartile ? quartile : median
}
