import type { Trainer } from '../learn/client.ts'
import type { OpenFollower } from '../learn/follow/client.ts'
import type { OpenPool } from './experts/pool.ts'
import type { ForecastModel } from './types.ts'

/** What a model works with. */
export interface Means {
  /** Opens what fits, at the first fit. */
  readonly openTrainer: () => Trainer
  /** Opens what learns on from each version of the weights. @default nothing learns on */
  readonly openFollower?: OpenFollower
  /** Opens the states of each version. @default as the model's device says */
  readonly open?: OpenPool
  /** Whether fits and updates wait for their time; if not, they depend on readings alone. @default true */
  readonly timed?: boolean
  /** Whether streams are only remembered for now: nothing is learned. @default never */
  readonly paused?: () => boolean
}

/** A model whose fits and updates can be waited for. */
export interface OpenedModel extends ForecastModel {
  /** Settles when no fit is under way, and no update. */
  whenRested(): Promise<void>
}
