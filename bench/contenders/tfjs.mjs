import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import * as tf from '@tensorflow/tfjs-core'

/**
 * TensorFlow.js on its WebAssembly backend, with core operations and weights transposed once. The bias of r and z is
 * merged and fused into the product; the new state is read at every step, as a stream needs it.
 */
export async function open({ inputSize: I, hiddenSize: H }, weights, streams) {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`)
  await tf.setBackend('wasm')
  const { wi, wh, bi, bh } = weights
  const part = (matrix, columns, from, to) =>
    tf.tidy(() => tf.transpose(tf.tensor2d(matrix.slice(from * columns, to * columns), [to - from, columns])))
  const Wrz = part(wi, I, 0, 2 * H)
  const Wn = part(wi, I, 2 * H, 3 * H)
  const Urz = part(wh, H, 0, 2 * H)
  const Un = part(wh, H, 2 * H, 3 * H)
  const brz = tf.tensor1d(bi.slice(0, 2 * H).map((value, i) => value + bh[i]))
  const bn = tf.tensor1d(bi.slice(2 * H))
  const cn = tf.tensor1d(bh.slice(2 * H))
  let h = tf.zeros([streams, H])

  const product = (a, b, bias) => tf.fused.matMul({ a, b, transposeA: false, transposeB: false, bias })
  const next = (input) => () => {
    const x = tf.tensor2d(input, [streams, I])
    const [r, z] = tf.split(tf.sigmoid(tf.add(product(x, Wrz, brz), tf.matMul(h, Urz))), 2, 1)
    const n = tf.tanh(tf.add(product(x, Wn, bn), tf.mul(r, product(h, Un, cn))))
    return tf.add(n, tf.mul(z, tf.sub(h, n)))
  }
  return {
    name: 'tfjs wasm',
    step(input) {
      const before = h
      h = tf.tidy(next(input))
      before.dispose()
      return h.dataSync()
    },
  }
}
