/** Flags with which Node.js accepts relaxed SIMD: 22 does by itself, 20 on request. */
export const RELAXED_SIMD =
  Number(process.versions.node.split('.')[0]) < 22 ? ['--experimental-wasm-relaxed-simd'] : []
