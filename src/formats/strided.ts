/**
 * Visits the numbers of an array by its strides, in row-major order.
 * @param strides steps from one index of an axis to the next, in numbers
 * @param offset place of the first number
 * @param visit takes the place in row-major order, and the place where the number lies
 */
export function eachStrided(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  visit: (to: number, from: number) => void,
): void {
  const count = shape.reduce((a, b) => a * b, 1)
  const index = shape.map(() => 0)
  let from = offset
  for (let to = 0; to < count; to++) {
    visit(to, from)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]
      if (++index[axis] < shape[axis]) break
      from -= strides[axis] * shape[axis]
      index[axis] = 0
    }
  }
}
