/** What a stepper has been asked for; effects come in the order of asking. */
export type Operation = RowsOperation | SaveOperation | RestoreOperation | CopyOperation

/** Rows to step, or to look ahead with. */
export interface RowsOperation {
  readonly kind: 'step' | 'ahead'
  readonly number: number
  readonly lanes: ArrayLike<number>
  /** [lanes, inputSize] */
  readonly inputs: Float32Array
  /** Rows that are in a batch already; a long operation may take several. */
  planned: number
  /** Rows whose outputs are there. */
  answered: number
  /** [lanes, width] */
  readonly outputs: Float32Array
  readonly resolve: (outputs: Float32Array) => void
  readonly reject: (error: unknown) => void
}

export interface SaveOperation {
  readonly kind: 'save'
  readonly number: number
  readonly lane: number
  readonly resolve: (state: Float32Array) => void
  readonly reject: (error: unknown) => void
}

export interface RestoreOperation {
  readonly kind: 'restore'
  readonly number: number
  readonly lane: number
  /** [layers, hiddenSize] */
  readonly state: Float32Array
}

export interface CopyOperation {
  readonly kind: 'copy'
  readonly number: number
  readonly from: number
  readonly to: number
}

export function hasRows(operation: Operation): operation is RowsOperation {
  return operation.kind === 'step' || operation.kind === 'ahead'
}

/** The same, with arguments that the caller cannot change any more. */
export function copyOf(operation: RowsOperation): RowsOperation {
  return { ...operation, lanes: new Uint32Array(operation.lanes), inputs: operation.inputs.slice() }
}

/** What stands in the queue. */
export type Queued =
  | Operation
  | { readonly kind: 'grow'; readonly number: number; readonly lanes: number }
  /** Waits for all before it; to settle, until the standby knows all states too. */
  | { readonly kind: 'settle' | 'wait'; readonly number: number; readonly resolve: () => void }

export const isWaiting = (queued: Queued): queued is Exclude<Queued, Operation> =>
  queued.kind === 'grow' || queued.kind === 'settle' || queued.kind === 'wait'
