import { readFile, writeFile } from 'node:fs/promises'

/**
 * Remembers in a file how many readings the sensors have sent: Node-RED keeps the states of its streams, so in
 * the next run the sensors' time has to go on.
 */
export interface Steps {
  /** Readings of each sensor in earlier runs. */
  readonly earlier: number
  /** Takes the number of the latest reading. */
  seen(step: number): void
  end(): Promise<void>
}

export async function openSteps(file: string): Promise<Steps> {
  const earlier = await readFile(file, 'utf8')
    .then(parse)
    .catch(() => 0)
  let steps = earlier
  const write = (): Promise<void> => writeFile(file, JSON.stringify({ steps }))
  const timer = setInterval(() => write().catch(console.error), 5000)
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

function parse(text: string): number {
  const { steps } = JSON.parse(text)
  if (!Number.isSafeInteger(steps) || steps < 0) throw new RangeError(`impossible count of readings: ${text}`)
  return steps
}
