import type { FitJob, FitProgress, FitResult } from './segment/types.ts'

/** To the worker. A fit runs to its end without reading messages: it is cancelled through shared memory instead. */
export interface FitRequest {
  readonly type: 'fit'
  readonly id: number
  readonly job: FitJob
  /** One shared number: 1 asks the fit to end. */
  readonly cancel: Int32Array
}

/** From the worker: any number of `progress`, then one of `done` and `failed`, with the request's `id`. */
export type Reply =
  | { readonly type: 'progress'; readonly id: number; readonly progress: FitProgress }
  | { readonly type: 'done'; readonly id: number; readonly result: FitResult }
  | { readonly type: 'failed'; readonly id: number; readonly error: Failure }

/** An error as text, since not every error can be cloned. */
export interface Failure {
  readonly name: string
  readonly message: string
  readonly stack?: string
}
