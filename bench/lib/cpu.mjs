/**
 * Microseconds of CPU that this process spends on one call of `step`, over `steps` calls, all of its threads
 * together. CPU time, because the cores may be shared.
 */
export async function cpuPerStep(step, steps) {
  const begun = process.cpuUsage()
  const first = step()
  if (first instanceof Promise) {
    await first
    for (let i = 1; i < steps; i++) await step()
  } else {
    for (let i = 1; i < steps; i++) step()
  }
  const { user, system } = process.cpuUsage(begun)
  return (user + system) / steps
}
