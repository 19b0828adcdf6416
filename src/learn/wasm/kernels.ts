import { loader, type WasmBuild } from '../../engine/wasm/module.ts'
import { baseline, relaxed } from './kernels.wasm.ts'

/** An address in a memory, in bytes. */
type Address = number
/** Bytes from one row of a matrix to the next; 0 repeats one row. */
type Stride = number

/** What assembly/index.ts exports, where each is described. Counts, rows, columns and depths are numbers of values. */
export interface LearnKernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  begin(): Address
  product(
    rows: number,
    depth: number,
    cols: number,
    a: Address,
    aStride: Stride,
    panels: Address,
    s: Address,
    sStride: Stride,
    c: Address,
    cStride: Stride,
    scratch: Address,
  ): void
  addOuter(
    depth: number,
    rows: number,
    cols: number,
    a: Address,
    aStride: Stride,
    b: Address,
    bStride: Stride,
    c: Address,
  ): void
  packTransposed(rows: number, cols: number, w: Address, to: Address): void
  pack(rows: number, cols: number, w: Address, to: Address): void
  addColumnSums(rows: number, cols: number, d: Address, dStride: Stride, sums: Address): void
  add(count: number, from: Address, to: Address): void
  mixAfter(
    rows: number,
    bytes: number,
    xs: Address,
    xStride: Stride,
    hs: Address,
    hsStride: Stride,
    gates: Address,
    gStride: Stride,
    h: Address,
    hStride: Stride,
    out: Address,
    outStride: Stride,
  ): void
  unmixAfter(
    rows: number,
    bytes: number,
    gates: Address,
    gStride: Stride,
    h: Address,
    hStride: Stride,
    dOut: Address,
    dOutStride: Stride,
    carried: Address,
    carriedStride: Stride,
    dOld: Address,
  ): void
  reset(
    rows: number,
    bytes: number,
    gates: Address,
    gStride: Stride,
    hs: Address,
    hsStride: Stride,
    h: Address,
    hStride: Stride,
  ): void
  unreset(
    rows: number,
    bytes: number,
    gates: Address,
    gStride: Stride,
    dReset: Address,
    h: Address,
    hStride: Stride,
    dOld: Address,
  ): void
  mix(
    rows: number,
    bytes: number,
    zAt: number,
    gates: Address,
    gStride: Stride,
    hs: Address,
    hsStride: Stride,
    h: Address,
    hStride: Stride,
    out: Address,
    outStride: Stride,
  ): void
  unmix(
    rows: number,
    bytes: number,
    zAt: number,
    gates: Address,
    gStride: Stride,
    h: Address,
    hStride: Stride,
    dOut: Address,
    dOutStride: Stride,
    dOld: Address,
  ): void
  rectify(count: number, a: Address): void
  unrectify(count: number, a: Address, d: Address): void
  drop(
    count: number,
    a: Address,
    seed0: number,
    seed1: number,
    seed2: number,
    seed3: number,
    threshold: number,
    gain: number,
  ): void
  intervalError(
    rows: number,
    bytes: number,
    out: Address,
    outStride: Stride,
    target: Address,
    share: Address,
    tail: number,
    weight: number,
    dOut: Address,
  ): number
  scaleRows(rows: number, bytes: number, a: Address, stride: Stride, share: number): void
  sumOfSquares(count: number, g: Address): number
  scale(count: number, g: Address, share: number): void
  adam(
    count: number,
    w: Address,
    g: Address,
    m: Address,
    v: Address,
    beta1Rest: number,
    beta2: number,
    beta2Rest: number,
    size: number,
    root: number,
    epsilon: number,
  ): void
  descend(count: number, w: Address, g: Address, m: Address, momentum: number, rate: number): void
  rmsprop(
    count: number,
    w: Address,
    g: Address,
    v: Address,
    alpha: number,
    alphaRest: number,
    rate: number,
    epsilon: number,
  ): void
}

/** An instance of its own with its own memory; throws where the runtime does not accept the build. */
export const instantiateLearning: (build: WasmBuild) => LearnKernels = loader<LearnKernels>({
  baseline,
  relaxed,
})
