/**
 * How many decimal places an interval says something about: to the first digit of half its width, or to the second
 * where the first is 1 or 2; 9 at most.
 */
export function placesOf(value: number, half: number): number {
  const scale = half > 0 ? half / 3 : Math.abs(value || 1) / 1000
  return Math.min(Math.max(-Math.floor(Math.log10(scale)), 0), 9)
}
