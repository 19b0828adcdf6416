import { quote } from '../quote.ts'
import type { GruExpert, GruPlace } from './experts/gru.ts'
import { restorePanel } from './experts/panel.ts'
import type { ModelView } from './forecaster.ts'
import { type GridState, PERIOD_READINGS, startGrid } from './grid.ts'
import { append, createHistory, type History, length } from './history.ts'
import type { IntervalState } from './interval/intervals.ts'
import { copyPlain, restorePlain } from './plain.ts'
import { HISTORY, type StreamState } from './stream.ts'
import type { TrackerState } from './tracker.ts'
import type { Reading, SnapshotTree } from './types.ts'

/** A saved stream: the state's own fields, with the lanes' states beside them. */
export interface StreamTree {
  readonly [name: string]: SnapshotTree
  readonly key: string
}

/** The nets that saved states were made with. */
type Nets = Pick<ModelView, 'expert' | 'learner'>

/** A stream's state as a tree of JSON values and copied arrays. */
export function saveStream(state: StreamState, { expert, learner }: Nets): StreamTree {
  const { history, pending, gru, learner: own, ...rest } = state
  return {
    ...(copyPlain(rest) as StreamTree),
    pending: pending.map(({ value, time }) => [value, time]),
    values: history.values.slice(history.first, history.end),
    observed: history.observed.slice(history.first, history.end),
    gru: savePlace(gru, expert),
    learner: savePlace(own, learner),
  }
}

function savePlace({ version, base, made, ...rest }: GruPlace, net: GruExpert | null): SnapshotTree {
  const phases = net?.version === version ? [...made] : []
  return {
    ...(copyPlain(rest) as { [name: string]: SnapshotTree }),
    lanes: phases.map((made, phase) => (made === 1 && net?.peek(base + phase)) || null),
  }
}

/**
 * Puts a saved stream into `state`, a fresh one of the same options.
 * @param nets under whose weights the lanes were saved; null: they are others now, and the lanes are rebuilt
 * @param sameCoverages whether the intervals are for the coverages that they were saved with
 * @throws Error when a part is missing or of another size; then `state` may have lanes
 */
export function restoreStream(
  tree: StreamTree,
  state: StreamState,
  nets: Nets,
  sameCoverages: boolean,
): StreamState {
  const where = `stream ${quote(tree.key)}`
  const part = <K extends keyof StreamState>(name: K): StreamState[K] =>
    restorePlain(tree[name], state[name], `${where}: ${name}`)
  const { panel } = tree
  const grid = restoreGrid(tree.grid, where)
  const pending = restorePending(tree.pending, where)
  const history = restoreHistory(tree, where)
  const awaited = grid !== null && grid.ahead !== null
  if (grid ? length(history) === 0 || (awaited && pending.length !== 1) : pending.length >= PERIOD_READINGS) {
    throw new Error(`saved ${where}: grid and readings do not fit`)
  }
  const horizon = state.tracker.origins.length - 1
  return {
    ...state,
    grid,
    pending,
    history,
    spread: part('spread'),
    guard: part('guard'),
    pattern: part('pattern'),
    panel: restorePanel(panel, horizon, HISTORY, where),
    taught: part('taught'),
    steps: part('steps'),
    sinceRestart: part('sinceRestart'),
    tracker: sameCoverages
      ? part('tracker')
      : restoreTracker(tree.tracker as unknown as TrackerState, state.tracker, where),
    counts: part('counts'),
    gru: restorePlace(tree.gru, state.gru, nets.expert, where),
    learner: restorePlace(tree.learner, state.learner, nets.learner, where),
  }
}

function isNumberOrNull(value: SnapshotTree): value is number | null {
  return value === null || typeof value === 'number'
}

function restoreGrid(saved: SnapshotTree, where: string): GridState | null {
  if (saved === null) return null
  const { ahead: _, ...fresh } = startGrid(1, 0)
  const grid = restorePlain(saved, fresh, `${where}: grid`)
  const { ahead } = saved as { ahead: SnapshotTree }
  if (!(isNumberOrNull(ahead) && grid.period > 0)) throw new Error(`saved ${where}: grid does not fit`)
  return { ...grid, ahead }
}

function restorePending(saved: SnapshotTree, where: string): Reading[] {
  if (!Array.isArray(saved) || saved.length > PERIOD_READINGS) {
    throw new Error(`saved ${where} has no list of pending readings`)
  }
  return saved.map((pair, i) => {
    const [value, time] = restorePlain(pair, [0, 0], `${where}: pending.${i}`)
    return { value, time }
  })
}

function restoreHistory({ values, observed }: StreamTree, where: string): History {
  const whole =
    values instanceof Float64Array &&
    observed instanceof Uint8Array &&
    values.length === observed.length &&
    values.every(Number.isFinite)
  if (!whole) throw new Error(`saved ${where} has no values`)
  const history = createHistory(HISTORY)
  for (let i = 0; i < values.length; i++) append(history, values[i], observed[i] === 1)
  return history
}

function restorePlace(tree: SnapshotTree, place: GruPlace, net: GruExpert | null, where: string): GruPlace {
  const { unit, season, scale } = place
  const saved = restorePlain(tree, { unit, season, scale }, `${where}: net`)
  const { lanes } = tree as { lanes: readonly (Float32Array | null)[] }
  if (!Array.isArray(lanes)) throw new Error(`saved ${where} has no lanes`)
  const placed = net !== null && lanes.length > 0
  if (placed) restoreLanes(lanes, place, net, where)
  // A season that is given now wins over one that was found, unless the states go on that were made with it.
  return Object.assign(place, saved, { season: (!placed && season) || saved.season })
}

function restoreLanes(
  lanes: readonly (Float32Array | null)[],
  place: GruPlace,
  net: GruExpert,
  where: string,
): void {
  net.place(place)
  if (lanes.length !== place.made.length) {
    throw new Error(`saved ${where} has ${lanes.length} lanes, ${place.made.length} are needed`)
  }
  for (const [phase, lane] of lanes.entries()) {
    if (lane === null) continue
    if (!(lane instanceof Float32Array)) throw new Error(`saved ${where}: lane ${phase} does not fit`)
    net.restore(place.base + phase, lane)
    place.made[phase] = 1
  }
}

/** What waits for its truth has other intervals than are wanted now; the scores that were seen stay valid. */
function restoreTracker(saved: TrackerState, fresh: TrackerState, where: string): TrackerState {
  const { down, up, intervals, ...rest } = fresh
  const { alpha, lean, loss, reach, held, met, ...scores } = intervals
  const kept = restorePlain(saved?.intervals, scores as Partial<IntervalState>, `${where}: scores`)
  return {
    ...restorePlain(saved, rest, `${where}: tracker`),
    down,
    up,
    intervals: { ...intervals, ...kept },
  }
}
