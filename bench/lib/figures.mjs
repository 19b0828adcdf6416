import { quartiles } from './stats.mjs'

/**
 * A figure with one or more numbers and its bars, all of which each number must keep below or at.
 * @param figure what it is
 * @param measured numbers
 * @param must bars, one for each number; null: there are none
 * @param stretch bars; null: there are none
 * @param show how a number is written
 * @param where what it was measured on, if that is to be said
 * @param met what else must hold
 */
export function atMostAll(figure, measured, must, stretch, { show = short, where = '', met = true } = {}) {
  const within = (bars) => bars !== null && met && measured.every((value, i) => value <= bars[i])
  const joined = (numbers) => (numbers === null ? '' : `≤ ${numbers.map(show).join('/')}`)
  return judged(figure, `${measured.map(show).join('/')}${where}`, {
    must: { text: joined(must), met: within(must) },
    stretch: stretch && { text: joined(stretch), met: within(stretch) },
  })
}

/** A figure whose bars say what they mean: `must` and `stretch` are { text, met }, the latter may be null. */
export const judged = (figure, measured, { must, stretch }) => ({ figure, measured, must, stretch })

/** The table of all figures. */
export const figureTable = (figures) => ({
  title: 'What must be shown, and how far it could go:',
  columns: ['', 'must', 'stretch', 'measured', 'reached'],
  rows: figures.map(({ figure, must, stretch, measured }) => [
    figure,
    must.text,
    stretch?.text ?? '',
    measured,
    stretch?.met ? 'stretch' : must.met ? 'must' : '**no**',
  ]),
})

/** The figures as targets of the report. */
export function targetsOf(figures) {
  return figures.flatMap(({ figure, measured, must, stretch }) => [
    { figure, target: must.text, measured, quartiles: '', reached: must.met },
    ...(stretch
      ? [
          {
            figure: `${figure} (stretch)`,
            target: stretch.text,
            measured,
            quartiles: '',
            reached: stretch.met,
          },
        ]
      : []),
  ])
}

/** Median over runs of each of some numbers. */
export function medians(runs, of) {
  const all = runs.map(of)
  return all[0].map((_, i) => quartiles(all.map((numbers) => numbers[i])).median)
}

/** Four digits behind the point for what is small, three else; no zero before it. */
export function short(value) {
  if (!Number.isFinite(value)) return '–'
  return value.toFixed(value < 0.1 ? 4 : 3).replace(/^0\./, '.')
}

export const percent = (share) => (100 * share).toFixed(1)

/** When something was measured. */
export const now = () => new Date().toISOString().slice(0, 16).replace('T', ' ')
