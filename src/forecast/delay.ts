/**
 * Numbers of forecasts that wait until step h of them meets its truth: one line of h places for each step h = 1..horizon,
 * all lines in one array. Half of the memory of a table of origins and steps.
 */

/** Places that the lines of one number take. */
export function delayPlaces(horizon: number): number {
  return (horizon * (horizon + 1)) / 2
}

/** Place of step `h` (1-based) at grid step `opened`: read first what was issued h steps ago, then write what is now. */
export function delayPlace(h: number, opened: number): number {
  return (h * (h - 1)) / 2 + (opened % h)
}
