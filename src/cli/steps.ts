import { openSnapshotFile } from '../store/file.ts'

/**
 * Remembers in `sensors.json` how many readings the sensors have sent: Node-RED keeps the states of its streams,
 * so in the next run the sensors' time has to go on.
 */
export interface Steps {
  /** Readings of each sensor in earlier runs. */
  readonly earlier: number
  /** Takes the number of the latest reading. */
  seen(step: number): void
  /** Never fails: what cannot be written is warned of. */
  end(): Promise<void>
}

/** @param warn told when the file cannot be read, and the first time that it cannot be written */
export function openSteps(folder: string, warn: (message: string) => void): Steps {
  const file = openSnapshotFile(folder, 'sensors.json')
  const { value: earlier = 0, refused } = file.read(parse)
  if (refused.length > 0) {
    warn(`Readings of earlier runs: ${refused.join('; ')}. The sensors go on after ${earlier} readings.`)
  }
  let steps = earlier
  let warned = false
  const write = (): Promise<void> =>
    file.write(Buffer.from(JSON.stringify({ steps }))).catch((error: Error) => {
      if (!warned) warn(`Readings so far are not kept for the next run: ${error.message}`)
      warned = true
    })
  const timer = setInterval(write, 5000)
  return {
    earlier,
    seen(step) {
      steps = step + 1
    },
    end() {
      clearInterval(timer)
      return write()
    },
  }
}

function parse(bytes: Uint8Array): number {
  const text = Buffer.from(bytes).toString()
  const { steps } = JSON.parse(text)
  if (!Number.isSafeInteger(steps) || steps < 0) throw new RangeError(`impossible count of readings: ${text}`)
  return steps
}
