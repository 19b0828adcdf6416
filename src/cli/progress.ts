import { width } from './printable.ts'

/** How far a long piece of work has come. */
export interface Step {
  /** One word, e.g. `fitting`. */
  readonly stage: string
  /** 0–1 of the stage. */
  readonly share: number
  /** NaN: unknown. */
  readonly secondsLeft: number
  /** What else there is to say of it. */
  readonly detail?: string
}

export interface Progress {
  show(step: Step): void
  /** Takes the bar away. Idempotent; a later step draws it again. */
  end(): void
}

/** Where progress is told; a terminal says so. */
export interface ProgressOutput {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

const BAR = 24
const STAGE = 12
/** Least milliseconds from one drawing to the next. */
const PAUSE_MS = 100
/** Width of a terminal that does not tell its own. */
const COLUMNS = 80
/** Back to the first column, and what stands right of it erased. */
const ERASE = '\r\u001b[K'

/**
 * A bar drawn over itself on a terminal; elsewhere, for logs and programs, one line for each stage.
 * @param out default: standard error, which leaves standard output to the result
 * @param now milliseconds
 */
export function createProgress(
  out: ProgressOutput = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  let stage: string | undefined
  let drawn = Number.NEGATIVE_INFINITY
  let visible = false
  return {
    show(step) {
      const begins = step.stage !== stage
      stage = step.stage
      if (!out.isTTY) {
        if (begins) out.write(`${stage} …\n`)
        return
      }
      if (!begins && now() - drawn < PAUSE_MS) return
      drawn = now()
      visible = true
      out.write(ERASE + progressLine(step, out.columns || COLUMNS))
    },
    end() {
      if (visible) out.write(ERASE)
      visible = false
    },
  }
}

/** The bar, no wider than a line of the terminal. */
export function progressLine({ stage, share, secondsLeft, detail }: Step, columns: number): string {
  const part = Math.min(Math.max(share, 0), 1) || 0
  const full = Math.round(part * BAR)
  const cells = [
    stage.padEnd(STAGE),
    `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}]`,
    `${Math.floor(part * 100)} %`.padStart(5),
    ...(Number.isFinite(secondsLeft) ? [`${duration(secondsLeft)} left`] : []),
    ...(detail ? [detail] : []),
  ]
  let line = cells[0]
  for (const cell of cells.slice(1)) {
    if (width(line) + 1 + width(cell) < columns) line += ` ${cell}`
  }
  return line
}

/** Seconds as a person says them, e.g. `48 s`, `12 min`, `3.5 h`. */
export function duration(seconds: number): string {
  if (seconds < 99.5) return `${seconds < 9.95 ? Math.max(seconds, 0).toPrecision(2) : seconds.toFixed(0)} s`
  return seconds < 5970 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`
}
