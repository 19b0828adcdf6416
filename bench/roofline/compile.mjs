import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

/** Compiles kernels.ts with the package's own AssemblyScript; where V8 has no relaxed SIMD the result is not valid. */
export async function compile() {
  let binary
  const { error, stderr } = await asc.main(
    [
      'kernels.ts',
      '--baseDir',
      fileURLToPath(new URL('.', import.meta.url)),
      '--outFile',
      'kernels.wasm',
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--initialMemory',
      '32',
      '--enable',
      'simd',
      '--enable',
      'relaxed-simd',
    ],
    {
      writeFile: (_name, contents) => {
        binary = contents
      },
    },
  )
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`)
  return Buffer.from(binary)
}
