import assert from 'node:assert/strict'
import { gruSpec } from '../../src/engine/spec.ts'
import { type Cell, pad } from '../../src/formats/pad.ts'

describe('layers of unlike sizes', () => {
  const cell = (inputSize: number, hiddenSize: number): Cell => ({
    inputSize,
    hiddenSize,
    W: new Float32Array(3 * hiddenSize * inputSize).fill(1),
    U: new Float32Array(3 * hiddenSize * hiddenSize).fill(2),
  })
  const stack = (hiddenSize: number, outputSize: number) => ({
    spec: gruSpec({ inputSize: 1, hiddenSize, layers: 2, biases: 0, outputSize }),
    cells: [cell(1, hiddenSize), cell(hiddenSize, hiddenSize / 2)],
  })

  it('are filled up with units of no weight, which no linear layer looks at', () => {
    const notes: string[] = []
    const { cells, head } = pad({ ...stack(4, 1), head: { W: Float32Array.of(5, 6) } }, notes)
    const two = [2, 2, 0, 0]
    const none = [0, 0, 0, 0]
    assert.deepEqual([...cells[1].U], Array.from({ length: 3 }, () => [two, two, none, none]).flat(2))
    assert.deepEqual([...head!.W], [5, 6, 0, 0])
    assert.deepEqual(notes, [
      'layers of 4 and 2 units are read as layers of 4, filled up with units that stay 0',
    ])
  })

  it('may have a linear layer as large as the file has it, not one many times larger', () => {
    const read = (outputs: number): number =>
      pad({ ...stack(64, outputs), head: { W: new Float32Array(32 * outputs) } }, []).head!.W.length
    assert.equal(read(62_000), 64 * 62_000)
    assert.throws(() => read(65_000), {
      name: 'FormatError',
      message: 'layers of 64 and 32 units are too unlike to be run as one GRU',
    })
  })
})
