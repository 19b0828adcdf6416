import type { Tensor } from '../types.ts'

/** Keras 2.12 and 2.13 called the folder of the layers otherwise, and on Windows separated with backslashes. */
export function plainPath(path: string): string {
  return path.replaceAll('\\', '/').replace(/^_layer_checkpoint_dependencies\//, 'layers/')
}

/** Whether a path is that of a state of random numbers, which layers with dropout keep. */
export function isRandomState(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('seed_generator'))
}

/** Tensors below a folder, by the rest of their path. */
export function below(tensors: ReadonlyMap<string, Tensor>, folder: string): Map<string, Tensor> {
  const found = new Map<string, Tensor>()
  for (const [path, tensor] of tensors) {
    const plain = plainPath(path)
    if (plain.startsWith(folder)) found.set(plain.slice(folder.length), tensor)
  }
  return found
}
