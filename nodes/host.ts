import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createForecastModel } from '../src/forecast/model.ts'
import type {
  ForecastModel,
  ForecastModelOptions,
  SnapshotTree,
  Streams,
  StreamsOptions,
} from '../src/forecast/types.ts'
import { openSnapshotFile, type SnapshotFile } from '../src/store/file.ts'
import { decodeSnapshot, encodeSnapshot } from '../src/store/snapshot.ts'

const SAVE_EVERY = 30_000
/** Bytes per millisecond: hundreds of streams are saved less often, or they would wear out an SD card. */
const SAVE_RATE = 100

/**
 * One forecast model with the streams of all nodes that use it, and the file that lets them go on after a
 * restart. A `gru-model` node owns one; a `gru-forecast` node without a model has one to itself.
 */
export interface ModelHost {
  readonly model: ForecastModel
  /** As the model was made. */
  readonly options: ForecastModelOptions
  /**
   * Opens a node's streams, going on where those of the same node left off.
   * @throws RangeError naming an impossible option and its value
   */
  attach(id: string, options: StreamsOptions): Streams
  /** Closes a node's streams and keeps what they know until the node attaches again, which it may before this has settled. */
  detach(id: string): Promise<void>
  /** Closes a node's streams for good. */
  forget(id: string): void
  /** Something is worth saving. */
  touch(): void
  /** Saves and ends everything. With `remove`, the saved files go too. */
  close(options?: { readonly remove?: boolean }): Promise<void>
}

export interface HostOptions {
  /** Settings of the model. */
  readonly model: ForecastModelOptions
  /** Where to save; without one, all is forgotten at a restart. */
  readonly file?: SnapshotFile
  readonly warn: (message: string) => void
  /** Milliseconds between saves while there is something new; longer beyond 3 MB. @default 30000 */
  readonly saveEvery?: number
}

/** The file of a node under the Node-RED user directory; none while there is no such directory. */
export function nodeFile(userDir: string | undefined, id: string): SnapshotFile | undefined {
  if (!userDir) return undefined
  // Ids come from imported flows: any text is possible, and inside nested subflows they grow long.
  const name = /^[A-Za-z0-9_-]{1,55}$/.test(id)
    ? id
    : createHash('sha256').update(id).digest('hex').slice(0, 32)
  return openSnapshotFile(join(userDir, 'gruflow'), `${name}.snapshot`)
}

/** @throws RangeError naming an impossible option and its value; a snapshot that cannot be used is a warning */
export function openHost({ model: options, file, warn, saveEvery = SAVE_EVERY }: HostOptions): ModelHost {
  const model = createForecastModel(options)
  const attached = new Map<string, Streams>()
  const kept = restore()
  let savedVersion = model.version
  let dirty = false
  let failing = false
  let restUntil = 0
  let saving: Promise<void> = Promise.resolve()

  const timer = setInterval(() => {
    if (performance.now() >= restUntil) void save()
  }, saveEvery).unref()
  const stopListening = model.onChange(() => {
    if (model.version === savedVersion) return
    savedVersion = model.version
    dirty = true
    void save()
  })

  return {
    model,
    options,
    attach(id, streamsOptions) {
      const streams = model.streams(streamsOptions)
      const saved = attached.get(id)?.snapshot() ?? kept.get(id)
      kept.delete(id)
      if (saved !== undefined) {
        try {
          streams.restore(saved)
        } catch (error) {
          streams.reset()
          file?.keepCopy()
          warn(`the streams of this node start anew: ${(error as Error).message}`)
        }
      }
      attached.set(id, streams)
      return streams
    },
    async detach(id) {
      const streams = attached.get(id)
      if (!streams) return
      await model.settle()
      // Meanwhile the node may have been forgotten, or started anew by a runtime that did not wait.
      if (attached.get(id) === streams) {
        kept.set(id, streams.snapshot())
        attached.delete(id)
      }
      streams.close()
      dirty = true
    },
    forget(id) {
      attached.get(id)?.close()
      const known = attached.delete(id)
      if (kept.delete(id) || known) dirty = true
    },
    touch() {
      dirty = true
    },
    async close({ remove = false } = {}) {
      clearInterval(timer)
      stopListening()
      await (remove ? file?.remove() : save())
      for (const streams of attached.values()) streams.close()
      attached.clear()
      await model.close()
    },
  }

  /** Brings back the model; returns the streams of nodes that have not attached yet. */
  function restore(): Map<string, SnapshotTree> {
    if (!file) return new Map()
    const { value, refused } = file.read((bytes) => {
      const saved = checkSaved(decodeSnapshot(bytes))
      model.restore(saved.model)
      return new Map(saved.streams)
    })
    const next = value ? 'going on from the generation before' : 'starting anew'
    if (refused.length > 0) warn(`${refused.join('; ')}; ${next}, a copy is kept as .bak`)
    return value ?? new Map()
  }

  /** Settles when all that is known now is written, by this save or one under way. */
  function save(): Promise<void> {
    if (dirty && file) saving = write(file)
    return saving
  }

  /** The tree is taken in one turn, once no device alone has a state. */
  async function write(to: SnapshotFile): Promise<void> {
    dirty = false
    try {
      await model.settle()
      const live = [...attached].map(([id, streams]) => [id, streams.snapshot()] as const)
      const bytes = encodeSnapshot({ version: 1, model: model.snapshot(), streams: [...kept, ...live] })
      restUntil = performance.now() + bytes.length / SAVE_RATE
      await to.write(bytes)
      failing = false
    } catch (error) {
      dirty = true
      // Once, not every 30 s: forecasts go on, and saving is tried again.
      if (!failing) warn(`cannot save: ${(error as Error).message}`)
      failing = true
    }
  }
}

interface Saved {
  readonly model: SnapshotTree
  readonly streams: readonly (readonly [string, SnapshotTree])[]
}

function checkSaved(tree: SnapshotTree): Saved {
  const saved = tree as unknown as Saved & { readonly version: number }
  if (saved?.version !== 1) throw new Error(`saved by another version, ${saved?.version}, 1 is needed`)
  return saved
}
