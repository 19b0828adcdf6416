/** Milliseconds between two reports. */
const EVERY = 200

/** Tells how much of a piece of work is done, and how many seconds the rest takes at the pace so far. */
export function createMeter(
  tell: ((share: number, secondsLeft: number) => void) | undefined,
): (share: number) => void {
  const began = performance.now()
  let told = began
  return (share) => {
    const now = performance.now()
    if (share <= 0 || (share < 1 && now - told < EVERY)) return
    told = now
    tell?.(share, (((now - began) / 1000) * (1 - share)) / share)
  }
}
