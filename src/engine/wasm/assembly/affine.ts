import { BIASES, panel1, panel2, panel4, PART } from './panel'
import { tile } from './tile'

// y = b + W·x + U·h, rows and y as panel.ts says. At `w` lie the biases, then parts of twelve rows: panels of four parts
// as long as they fit, then one of two and one of one. A panel lies column by column, first those of x, so that one x
// and h read all weights once, forwards. Each row is summed in the order of its columns whichever function does it: a
// result never depends on what is computed beside it.

/** Bytes of x and of h; none where one of them has no part in it. */
let xBytes: usize
let hBytes: usize
let parts: i32
let split: bool
/** Bytes between the planes of y, and from one y to the next. */
let plane: usize
let stride: usize

/** To be called once: what all y have in common. */
export function shape(planeBytes: usize, strideBytes: usize): void {
  plane = planeBytes
  stride = strideBytes
}

/**
 * `count` vectors x and h at the addresses at `xs` and `hs`.
 *
 * When `count` is one short of a multiple of three, the addresses after the last are overwritten, and y after the last.
 * @returns the address after the weights.
 */
export function affine(
  w: usize,
  xs: usize,
  xColumns: i32,
  hs: usize,
  hColumns: i32,
  count: i32,
  partCount: i32,
  splitN: bool,
  y: usize,
): usize {
  xBytes = <usize>xColumns << 2
  hBytes = <usize>hColumns << 2
  parts = partCount
  split = splitN
  let tiles = count / 3
  const last = (<usize>count - 1) << 2
  if (count - 3 * tiles == 2) {
    store<u32>(xs + last, load<u32>(xs + last), 4)
    store<u32>(hs + last, load<u32>(hs + last), 4)
    tiles++
  }
  if (tiles) affineTiles(w, xs, hs, tiles, y)
  if (count > 3 * tiles) affineOne(w, load<u32>(xs + last), load<u32>(hs + last), y + (count - 1) * stride)
  return w + <usize>partCount * (BIASES + PART * (xColumns + hColumns))
}

function affineOne(w: usize, x: usize, h: usize, y: usize): void {
  let bias = w
  w += <usize>parts * BIASES
  const xEnd = x + xBytes
  const hEnd = h + hBytes
  const next: usize = split ? 16 : 48
  let rest = parts
  for (; rest >= 4; rest -= 4) {
    w = panel4(w, bias, x, xEnd, h, hEnd, y, plane, split)
    bias += 4 * BIASES
    y += 4 * next
  }
  if (rest & 2) {
    w = panel2(w, bias, x, xEnd, h, hEnd, y, plane, split)
    bias += 2 * BIASES
    y += 2 * next
  }
  if (rest & 1) panel1(w, bias, x, xEnd, h, hEnd, y, plane, split)
}

/** Part by part, so that its weights stay in the nearest cache while all x and h pass by. */
function affineTiles(w: usize, xs: usize, hs: usize, tiles: i32, y: usize): void {
  let bias = w
  w += <usize>parts * BIASES
  const next: usize = split ? 16 : 48
  let rest = parts
  while (rest > 0) {
    const together = rest >= 4 ? 4 : rest >= 2 ? 2 : 1
    const step = <usize>together * PART
    const after = w + together * 12 * (xBytes + hBytes)
    for (const end = w + step; w < end; w += PART) {
      for (let i = 0; i < tiles; i++) {
        const at = i * 12
        tile(w, step, bias, xs + at, xBytes, hs + at, hBytes, y + i * 3 * stride, stride, plane, split)
      }
      bias += BIASES
      y += next
    }
    w = after
    rest -= together
  }
}
