// AssemblyScript: what 128-bit SIMD does at best, to hold the GRU kernels against. Shapes were chosen by trial for
// V8's compiler: as many chains as it keeps in registers, operands from memory because it makes constants anew each
// time, and loops so long that it does not unroll them further.

/** Thirteen chains of a multiplication and an addition: `rounds` · 13 · 8 operations. */
export function multiplyAdd(rounds: i32): f32 {
  const m = v128.load(0)
  const c = v128.load(16)
  let a0 = v128.load(32)
  let a1 = v128.load(48)
  let a2 = v128.load(64)
  let a3 = v128.load(80)
  let a4 = v128.load(96)
  let a5 = v128.load(112)
  let a6 = v128.load(128)
  let a7 = v128.load(144)
  let a8 = v128.load(160)
  let a9 = v128.load(176)
  let a10 = v128.load(192)
  let a11 = v128.load(208)
  let a12 = v128.load(224)
  for (let i = 0; i < rounds; i++) {
    a0 = f32x4.add(f32x4.mul(a0, m), c)
    a1 = f32x4.add(f32x4.mul(a1, m), c)
    a2 = f32x4.add(f32x4.mul(a2, m), c)
    a3 = f32x4.add(f32x4.mul(a3, m), c)
    a4 = f32x4.add(f32x4.mul(a4, m), c)
    a5 = f32x4.add(f32x4.mul(a5, m), c)
    a6 = f32x4.add(f32x4.mul(a6, m), c)
    a7 = f32x4.add(f32x4.mul(a7, m), c)
    a8 = f32x4.add(f32x4.mul(a8, m), c)
    a9 = f32x4.add(f32x4.mul(a9, m), c)
    a10 = f32x4.add(f32x4.mul(a10, m), c)
    a11 = f32x4.add(f32x4.mul(a11, m), c)
    a12 = f32x4.add(f32x4.mul(a12, m), c)
  }
  return first(xor4(xor4(a0, a1, a2, a3), xor4(a4, a5, a6, a7), xor4(a8, a9, a10, a11), a12))
}

/** Twelve chains of fused multiply-adds, which only relaxed SIMD has: `rounds` · 12 · 8 operations. */
export function fusedMultiplyAdd(rounds: i32): f32 {
  const m = v128.load(0)
  const c = v128.load(16)
  let a0 = v128.load(32)
  let a1 = v128.load(48)
  let a2 = v128.load(64)
  let a3 = v128.load(80)
  let a4 = v128.load(96)
  let a5 = v128.load(112)
  let a6 = v128.load(128)
  let a7 = v128.load(144)
  let a8 = v128.load(160)
  let a9 = v128.load(176)
  let a10 = v128.load(192)
  let a11 = v128.load(208)
  for (let i = 0; i < rounds; i++) {
    a0 = f32x4.relaxed_madd(m, c, a0)
    a1 = f32x4.relaxed_madd(m, c, a1)
    a2 = f32x4.relaxed_madd(m, c, a2)
    a3 = f32x4.relaxed_madd(m, c, a3)
    a4 = f32x4.relaxed_madd(m, c, a4)
    a5 = f32x4.relaxed_madd(m, c, a5)
    a6 = f32x4.relaxed_madd(m, c, a6)
    a7 = f32x4.relaxed_madd(m, c, a7)
    a8 = f32x4.relaxed_madd(m, c, a8)
    a9 = f32x4.relaxed_madd(m, c, a9)
    a10 = f32x4.relaxed_madd(m, c, a10)
    a11 = f32x4.relaxed_madd(m, c, a11)
  }
  return first(xor4(xor4(a0, a1, a2, a3), xor4(a4, a5, a6, a7), xor4(a8, a9, a10, a11), a0))
}

/** Reads `bytes`, a multiple of 512, from address 0 on, `rounds` times. */
export function read(bytes: usize, rounds: i32): f32 {
  let a0 = v128.load(0)
  let a1 = v128.load(16)
  let a2 = v128.load(32)
  let a3 = v128.load(48)
  for (let i = 0; i < rounds; i++) {
    for (let p: usize = 0; p < bytes; p += 512) {
      a0 = v128.xor(a0, v128.load(p, 0))
      a1 = v128.xor(a1, v128.load(p, 16))
      a2 = v128.xor(a2, v128.load(p, 32))
      a3 = v128.xor(a3, v128.load(p, 48))
      a0 = v128.xor(a0, v128.load(p, 64))
      a1 = v128.xor(a1, v128.load(p, 80))
      a2 = v128.xor(a2, v128.load(p, 96))
      a3 = v128.xor(a3, v128.load(p, 112))
      a0 = v128.xor(a0, v128.load(p, 128))
      a1 = v128.xor(a1, v128.load(p, 144))
      a2 = v128.xor(a2, v128.load(p, 160))
      a3 = v128.xor(a3, v128.load(p, 176))
      a0 = v128.xor(a0, v128.load(p, 192))
      a1 = v128.xor(a1, v128.load(p, 208))
      a2 = v128.xor(a2, v128.load(p, 224))
      a3 = v128.xor(a3, v128.load(p, 240))
      a0 = v128.xor(a0, v128.load(p, 256))
      a1 = v128.xor(a1, v128.load(p, 272))
      a2 = v128.xor(a2, v128.load(p, 288))
      a3 = v128.xor(a3, v128.load(p, 304))
      a0 = v128.xor(a0, v128.load(p, 320))
      a1 = v128.xor(a1, v128.load(p, 336))
      a2 = v128.xor(a2, v128.load(p, 352))
      a3 = v128.xor(a3, v128.load(p, 368))
      a0 = v128.xor(a0, v128.load(p, 384))
      a1 = v128.xor(a1, v128.load(p, 400))
      a2 = v128.xor(a2, v128.load(p, 416))
      a3 = v128.xor(a3, v128.load(p, 432))
      a0 = v128.xor(a0, v128.load(p, 448))
      a1 = v128.xor(a1, v128.load(p, 464))
      a2 = v128.xor(a2, v128.load(p, 480))
      a3 = v128.xor(a3, v128.load(p, 496))
    }
  }
  return first(xor4(a0, a1, a2, a3))
}

/** Some value that depends on all four, so that no compiler leaves one out. */
function xor4(a: v128, b: v128, c: v128, d: v128): v128 {
  return v128.xor(v128.xor(a, b), v128.xor(c, d))
}

function first(a: v128): f32 {
  return f32x4.extract_lane(a, 0)
}
