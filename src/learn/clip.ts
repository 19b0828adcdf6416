/**
 * Scales `grads` in place so that its 2-norm is at most about `maxNorm`: times min(1, maxNorm / (norm + 1e-6)), as
 * PyTorch's `clip_grad_norm_`. Returns the norm before; one that is not finite tells that the step should be skipped.
 */
export function clipGradients(grads: Float64Array, maxNorm: number): number {
  let sum = 0
  for (let i = 0; i < grads.length; i++) sum += grads[i] * grads[i]
  const norm = Math.sqrt(sum)
  const share = maxNorm / (norm + 1e-6)
  if (share < 1) for (let i = 0; i < grads.length; i++) grads[i] *= share
  return norm
}
