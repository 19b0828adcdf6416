/** There is no GPU that can be used, and there will be none while this process runs: trying again is of no use. */
export class NoGpuError extends Error {
  override name = 'NoGpuError'
}
