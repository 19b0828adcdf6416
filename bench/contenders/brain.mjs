import brain from 'brain.js'

/** Values of the sequence that one run takes. */
const LENGTH = 100

/**
 * brain.js GRUTimeStep of the same size. Its equations, its output layer and its interface differ: it takes whole
 * sequences and answers with the next value, so it is timed per value of a sequence and not compared in numbers.
 */
export function open({ inputSize, hiddenSize }) {
  const net = new brain.recurrent.GRUTimeStep({
    inputSize,
    hiddenLayers: [hiddenSize],
    outputSize: inputSize,
  })
  const sequence = Array.from({ length: LENGTH }, (_, t) =>
    Array.from({ length: inputSize }, (_, i) => Math.sin(t + i)),
  )
  net.train([sequence.slice(0, 3)], { iterations: 1 })
  return { name: 'brain.js GRUTimeStep', stepsPerCall: LENGTH, step: () => net.run(sequence) }
}
