import { panel1, panel2, panel4, PART, tile } from './panel'

// y = b + W·x. At `w` lie b, then W in parts of 12 rows: panels of four parts as long as they fit, then one of two
// and one of one. A panel lies column by column, so that one x reads all weights once, forwards. Each row is summed
// in the order of its columns whichever function does it: a result never depends on what is computed beside it.

/**
 * `count` vectors x of `columns` values at the addresses at `xs`; their y are `stride` bytes apart.
 *
 * When `count` is one short of a multiple of three, the address after the last is overwritten, and so is y after the last.
 * @returns the address after the weights.
 */
export function affine(
  w: usize,
  xs: usize,
  count: i32,
  columns: i32,
  parts: i32,
  y: usize,
  stride: usize,
): usize {
  const length = <usize>columns << 2
  let tiles = count / 3
  const last = (<usize>count - 1) << 2
  if (count - 3 * tiles == 2) {
    store<u32>(xs + last, load<u32>(xs + last), 4)
    tiles++
  }
  if (tiles) affineTiles(w, xs, tiles, length, parts, y, stride)
  if (count > 3 * tiles) affineOne(w, load<u32>(xs + last), length, parts, y + (count - 1) * stride)
  return w + <usize>parts * PART * (columns + 1)
}

function affineOne(w: usize, x: usize, length: usize, parts: i32, y: usize): void {
  let bias = w
  w += <usize>parts * PART
  const end = x + length
  for (; parts >= 4; parts -= 4) {
    w = panel4(w, bias, x, end, y)
    bias += 4 * PART
    y += 4 * PART
  }
  if (parts & 2) {
    w = panel2(w, bias, x, end, y)
    bias += 2 * PART
    y += 2 * PART
  }
  if (parts & 1) panel1(w, bias, x, end, y)
}

/** Part by part, so that its weights stay in the nearest cache while all x pass by. */
function affineTiles(
  w: usize,
  xs: usize,
  tiles: i32,
  length: usize,
  parts: i32,
  y: usize,
  stride: usize,
): void {
  let bias = w
  w += <usize>parts * PART
  while (parts > 0) {
    const together = parts >= 4 ? 4 : parts >= 2 ? 2 : 1
    const step = <usize>together * PART
    const next = w + step * (length >> 2)
    for (const end = w + step; w < end; w += PART) {
      for (let i = 0; i < tiles; i++) {
        tile(w, step, bias, xs + i * 12, length, y + i * 3 * stride, stride)
      }
      bias += PART
      y += PART
    }
    w = next
    parts -= together
  }
}
