import { quote } from '../quote.ts'
import type { GruExpert, GruPlace } from './experts/gru.ts'
import { append, createHistory } from './history.ts'
import { type IntervalState, sortScores } from './interval.ts'
import type { StreamState } from './stream.ts'
import type { TrackerState } from './tracker.ts'
import type { SnapshotTree } from './types.ts'

/** A saved stream: the state's own fields, with the lanes' states beside them. */
export interface StreamTree {
  readonly [name: string]: SnapshotTree
  readonly key: string
}

/** A stream's state as a tree of JSON values and copied arrays. */
export function saveStream(state: StreamState, expert: GruExpert | null): StreamTree {
  const {
    key,
    grid,
    pending,
    history,
    spread,
    gru,
    tailSkill,
    taught,
    steps,
    sinceRestart,
    tracker,
    counts,
  } = state
  const { unit, season, scale, version, base, made } = gru
  const { naiveIntervals, gruIntervals, ...rest } = tracker
  const phases = expert?.version === version ? [...made] : []
  return {
    key,
    grid: grid && { ...grid },
    pending: pending.map(({ value, time }) => [value, time]),
    values: history.values.slice(history.first, history.end),
    observed: history.observed.slice(history.first, history.end),
    spread: { ...spread },
    unit,
    season,
    scale: { ...scale },
    tailSkill,
    taught,
    steps,
    sinceRestart,
    tracker: {
      ...copied(rest),
      naiveIntervals: saveIntervals(naiveIntervals),
      gruIntervals: saveIntervals(gruIntervals),
    },
    counts: { ...counts },
    lanes: phases.map((made, phase) => (made === 1 && expert?.peek(base + phase)) || null),
  }
}

/**
 * Puts a saved stream into `state`, a fresh one of the same options.
 * @param expert the weights under which the lanes were saved; null: they are others now, and the lanes are rebuilt
 * @throws Error when a part is missing or of another size; then `state` may have lanes
 */
export function restoreStream(tree: StreamTree, state: StreamState, expert: GruExpert | null): StreamState {
  const part = <T>(name: string): T => {
    if (tree[name] === undefined) throw new Error(`saved stream ${quote(tree.key)} has no ${name}`)
    return tree[name] as T
  }
  const values = part<Float64Array>('values')
  const observed = part<Uint8Array>('observed')
  const history = createHistory(state.history.capacity)
  for (let i = 0; i < values.length; i++) append(history, values[i], observed[i] === 1)
  const lanes = part<(Float32Array | null)[]>('lanes')
  const placed = expert !== null && lanes.length > 0
  if (placed) restoreLanes(lanes, state, expert)
  const grid = part<StreamState['grid']>('grid')
  return {
    ...state,
    grid: grid && { ...grid },
    pending: part<[number, number][]>('pending').map(([value, time]) => ({ value, time })),
    history,
    spread: { ...part<StreamState['spread']>('spread') },
    gru: {
      ...state.gru,
      unit: part('unit'),
      // A season that is given now wins over one that was found, unless the states go on that were made with it.
      season: (!placed && state.gru.season) || part('season'),
      scale: { ...part<GruPlace['scale']>('scale') },
    },
    tailSkill: part('tailSkill'),
    taught: part('taught'),
    steps: part('steps'),
    sinceRestart: part('sinceRestart'),
    tracker: restoreTracker(part('tracker'), state.tracker),
    counts: { ...part<StreamState['counts']>('counts') },
  }
}

function restoreLanes(lanes: readonly (Float32Array | null)[], state: StreamState, expert: GruExpert): void {
  expert.place(state.gru)
  if (lanes.length !== state.gru.made.length) {
    throw new Error(
      `saved stream ${quote(state.key)} has ${lanes.length} lanes, ${state.gru.made.length} are needed`,
    )
  }
  for (const [phase, lane] of lanes.entries()) {
    if (!lane) continue
    expert.restore(state.gru.base + phase, lane)
    state.gru.made[phase] = 1
  }
}

type Saved = { readonly [name: string]: SnapshotTree }

/** Fills a fresh tracker: arrays must have its sizes, so that a foreign snapshot is refused whole. */
function restoreTracker(tree: Saved, fresh: TrackerState): TrackerState {
  const { naiveIntervals, gruIntervals, ...rest } = fresh
  return {
    ...restoreFields(tree, rest, 'tracker'),
    naiveIntervals: restoreIntervals(tree.naiveIntervals as Saved, naiveIntervals),
    gruIntervals: restoreIntervals(tree.gruIntervals as Saved, gruIntervals),
  }
}

function saveIntervals({ alpha, count, ring }: IntervalState): SnapshotTree {
  return { ...copied({ alpha, count, ring }) }
}

function restoreIntervals(tree: Saved, { sorted, ...rest }: IntervalState): IntervalState {
  const state = { ...restoreFields(tree, rest, 'intervals'), sorted }
  sortScores(state)
  return state
}

function restoreFields<T extends object>(tree: Saved, fresh: T, where: string): T {
  const restored: { [name: string]: unknown } = {}
  for (const [name, value] of Object.entries(fresh)) {
    const saved = tree?.[name]
    if (!fits(saved, value)) throw new Error(`saved ${where} has a ${name} that does not fit`)
    restored[name] = copy(saved)
  }
  return restored as T
}

function fits(saved: unknown, fresh: unknown): boolean {
  if (ArrayBuffer.isView(fresh)) {
    return (
      ArrayBuffer.isView(saved) &&
      saved.constructor === fresh.constructor &&
      saved.byteLength === fresh.byteLength
    )
  }
  return typeof saved === typeof fresh
}

function copied(fields: object): Saved {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, copy(value)]))
}

function copy(value: SnapshotTree): SnapshotTree {
  if (ArrayBuffer.isView(value)) return (value as Float32Array).slice()
  return typeof value === 'object' && value !== null ? { ...(value as Saved) } : value
}
