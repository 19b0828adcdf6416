import type { Red } from '../../nodes/red.ts'
import { registerTrain } from '../../nodes/trainNode.ts'
import type { FitHistoryProgress, FitMetrics, FitOptions, Fitted } from '../../src/forecast/fit/types.ts'
import { netLayout } from '../../src/learn/segment/net.ts'
import type { SegmentModel } from '../../src/learn/segment/types.ts'
import type { Column } from '../../src/table/types.ts'
import { until } from './stepFlow.ts'

/** The parts of a flow with a train node, whose first output is wired to `out` and whose second to `metrics`. */
export const tab = { id: 'tab', type: 'tab' }
export const train = {
  id: 'train',
  type: 'gru-train',
  z: 'tab',
  x: 1,
  y: 1,
  name: 'plant',
  history: 'payload',
  filename: '',
  model: '',
  horizon: '4',
  saveAs: '',
  maxSeconds: '600',
  epochs: '20',
  seed: '1',
  wires: [['out'], ['metrics']] as string[][],
}
export const outs: object[] = [
  { id: 'out', type: 'helper', z: 'tab', x: 2, y: 1 },
  { id: 'metrics', type: 'helper', z: 'tab', x: 2, y: 2 },
]
export const trainFlow = (settings: object = {}): object[] => [tab, { ...train, ...settings }, ...outs]

const score = { mse: 1, mae: 1, mase: 1 }
export const metrics: FitMetrics = {
  rows: 20,
  horizon: 4,
  gru: { ...score, mae: 0.62 },
  naive: { ...score, mae: 2 },
  seasonalNaive: score,
  ridge: { ...score, mae: 1.5 },
  skill: 0.69,
  sentence: '38 % better than seasonal naive on the last 20 % of your data',
}

/** A model whose weights are zeros, as if fitted on these columns. */
export function zeros(columns: readonly Column[], horizon = 4): SegmentModel {
  const spec = {
    segment: 4,
    horizon,
    hiddenSize: 4,
    seasonal: false,
    scale: 'fixed',
    channels: columns.length,
  } as const
  const channels = columns.map(({ name }) => ({ key: name, unit: 1, season: 24 }))
  return { spec, channels, weights: new Float32Array(netLayout(spec).size) }
}

export const told: FitHistoryProgress = {
  stage: 'measuring',
  epoch: 3,
  epochs: 20,
  update: 30,
  maxUpdates: 200,
  loss: 0.5,
  validationLoss: Number.NaN,
  share: 0.625,
  secondsLeft: 13.2,
}

/** A fit that a test carries out. */
export interface FakeFit {
  readonly columns: readonly Column[]
  readonly options: FitOptions
  /** Ends it well, with the model of {@link zeros} unless told otherwise. */
  finish(fitted?: Partial<Fitted>): void
  fail(error: Error): void
}

/** Fits that wait for the test, and end with the reason of their signal. */
export function fakeFits(): {
  readonly register: (RED: Red) => void
  next(): Promise<FakeFit>
  readonly count: number
} {
  const begun: FakeFit[] = []
  let taken = 0
  const learn = (columns: readonly Column[], options: FitOptions): Promise<Fitted> =>
    new Promise((resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason))
      begun.push({
        columns,
        options,
        fail: reject,
        finish(fitted) {
          const model = zeros(columns, options.horizon)
          resolve({ model, metrics, parameters: model.weights.length, epochs: 7, seconds: 1.5, ...fitted })
        },
      })
    })
  return {
    register: (RED) => registerTrain(RED, learn),
    get count() {
      return begun.length
    },
    async next() {
      await until('the fit', () => begun.length > taken)
      return begun[taken++]
    },
  }
}
