/** Median and quartiles, by linear interpolation between the sorted values. */
export function quartiles(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share) => {
    const place = share * (sorted.length - 1)
    const below = Math.floor(place)
    const above = Math.min(below + 1, sorted.length - 1)
    return sorted[below] + (place - below) * (sorted[above] - sorted[below])
  }
  return { median: at(0.5), lower: at(0.25), upper: at(0.75) }
}

/** Quartiles of a[i] / b[i]: what the two did in the same round, so that a disturbance hits both. */
export function pairedRatio(a, b) {
  return quartiles(a.map((value, i) => value / b[i]))
}
