// Tries inputs from one number to another and reports to the process that started it: fuzz.js <plan as JSON>
import { openSync, writeSync } from 'node:fs'
import { createInput } from '../fuzz/input.ts'
import { judge } from '../fuzz/judge.ts'
import { createMemoryMeter } from '../fuzz/memory.ts'
import type { Plan, Report } from '../fuzz/run.ts'
import { loadSeeds } from '../fuzz/seeds.ts'

const REPORT_EVERY = 256

const plan = JSON.parse(process.argv[2]) as Plan
const seeds = loadSeeds()
const meter = createMemoryMeter()
const progress = openSync(plan.progress, 'w')
const begun = Buffer.alloc(8)

// What loads once is no input's memory.
for (const { format, name, bytes, sibling } of seeds) {
  await judge({ format, from: name, bytes, sibling }, plan.folder, meter)
}

let reports: Report[] = []
for (let index = plan.from; index < plan.to; index++) {
  // Written at once, so that it can be read of a process that hangs or has died.
  begun.writeBigUInt64LE(BigInt(index))
  writeSync(progress, begun, 0, begun.length, 0)
  const input = createInput(seeds, plan, index)
  const verdict = await judge(input, plan.folder, meter)
  reports.push({ index, format: input.format, size: sizeOf(input), ...verdict })
  if (reports.length === REPORT_EVERY || index === plan.to - 1) {
    process.send?.(reports)
    reports = []
  }
}
process.disconnect?.()

function sizeOf({ bytes, sibling }: { bytes: Buffer; sibling?: { bytes: Buffer } }): number {
  return bytes.length + (sibling?.bytes.length ?? 0)
}
