/** Calls a listener; what it throws becomes a warning of the process, for it must end nothing here, nor go unseen. */
export function tell(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error))
  }
}
