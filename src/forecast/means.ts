import type { Trainer } from '../learn/client.ts'
import type { OpenPool } from './experts/pool.ts'
import type { ForecastModel } from './types.ts'

/** What a model works with. */
export interface Means {
  /** Opens what fits, at the first fit. */
  readonly openTrainer: () => Trainer
  /** Opens the states of each version. @default as the model's device says */
  readonly open?: OpenPool
  /**
   * Times as long as a fit took that pass before the next one; 0 makes the times of fits depend on readings alone.
   * @default 2
   */
  readonly rest?: number
}

/** A model whose fits can be waited for. */
export interface OpenedModel extends ForecastModel {
  /** Settles when no fit is under way. */
  whenRested(): Promise<void>
}
