import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Message } from '../../nodes/red.ts'
import type { Runtime } from './red.ts'

const weights = fileURLToPath(new URL('../../../test/fixtures/weights/', import.meta.url))

/** A model of PyTorch with 3 inputs, 2 layers of 5 units and a projection to 2, and what PyTorch gives for `x`. */
export const torch: {
  readonly file: string
  readonly bytes: Buffer
  /** [time][3] */
  readonly x: number[][]
  /** [time][2], from a state of zeros. */
  readonly out: number[][]
  /** [layers · 5], after the last step, from zeros. */
  readonly hn: number[]
  readonly h0: number[]
  /** From `h0`. */
  readonly outFromH0: number[][]
} = readTorch()

function readTorch(): typeof torch {
  const file = 'torch_gru2_head.safetensors'
  const { refs } = JSON.parse(readFileSync(join(weights, 'expected.json'), 'utf8'))
  const { x, h0, expect, expect_zero_h0 } = refs.torch_gru2_head
  return {
    file,
    bytes: readFileSync(join(weights, file)),
    x: x[0],
    out: expect_zero_h0.out[0],
    hn: expect_zero_h0.hn.flatMap((layer: number[][]) => layer[0]),
    h0: h0.flatMap((layer: number[][]) => layer[0]),
    outFromH0: expect.out[0],
  }
}

export const weightsFile = (name: string): Buffer => readFileSync(join(weights, name))

/** Puts a file of weights where `gru-step` looks for it. */
export function install(red: Runtime, file: string, name: string = file): void {
  const folder = join(red.userDir, 'gruflow', 'models')
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(weights, file), join(folder, name))
}

/** Asserts that a payload holds PyTorch's numbers. */
export function close(actual: unknown, wanted: readonly number[], within = 2e-6): void {
  assert.ok(Array.isArray(actual), `${actual} is an array`)
  assert.equal(actual.length, wanted.length)
  wanted.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) < within, `${actual} ≠ ${wanted}`)
  })
}

const step = {
  id: 'step',
  type: 'gru-step',
  z: 'tab',
  x: 1,
  y: 1,
  file: torch.file,
  device: 'wasm',
  wires: [['out']] as string[][],
}

export const stepFlow = (settings: object = {}): object[] => [
  { id: 'tab', type: 'tab' },
  { ...step, ...settings },
  { id: 'out', type: 'helper', z: 'tab', x: 2, y: 1 },
]

/** A message that nothing can be made of: reading its state throws what cannot be read either. */
export const broken = (): Message => {
  const unreadable = Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('out of order')
    },
  })
  return Object.defineProperty({ payload: torch.x[0] }, 'h0', {
    get() {
      throw unreadable
    },
  })
}

/** Gives the node messages; settles when all are answered and what it sent has arrived. */
export async function giveAll(red: Runtime, messages: readonly Message[]): Promise<void> {
  const count = red.answers.length + messages.length
  await red.give('step', messages)
  await until(`${count} answers`, () => red.answers.length >= count)
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

/** Settles when a node shows such a status, or has done so since there were `from` of them. */
export async function shown(red: Runtime, status: RegExp, from = 0): Promise<void> {
  await until(`status ${status}`, () => red.statuses.slice(from).some((text) => status.test(text)))
}

export async function until(name: string, there: () => boolean, patience = 10_000): Promise<void> {
  const deadline = performance.now() + patience
  while (!there()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${name}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
