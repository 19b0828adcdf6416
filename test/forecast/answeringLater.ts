import type { OpenPool } from '../../src/forecast/experts/pool.ts'
import { openForecastModel } from '../../src/forecast/model.ts'
import type { ForecastModel, PushResult, Streams } from '../../src/forecast/types.ts'
import type { Trainer } from '../../src/learn/client.ts'
import { TAUGHT, waves } from './fitted.ts'
import { later } from './pools.ts'
import { taught } from './taught.ts'

/** A model as if fitted that answers later; its trainer is never asked. */
export function answeringLater(open: OpenPool = later): ForecastModel {
  return taught(openForecastModel({ ...TAUGHT, device: 'gpu' }, { openTrainer: neverAsked, open }))
}

export function neverAsked(): Trainer {
  throw new Error('nothing is to be learned')
}

/** What a stream is asked for. */
export type Asked = { readonly key: string } & (
  | { readonly value: unknown; readonly time: number }
  | { readonly reset: true }
)

/** All in one turn of the event loop. */
export function takeAll(streams: Streams, asked: readonly Asked[]): Promise<PushResult[]> {
  return Promise.all(
    asked.map((one) =>
      'reset' in one ? forgot(streams, one.key) : streams.take(one.key, one.value, one.time),
    ),
  )
}

/** What a reset brings, as a result. */
export function forgot(streams: Streams, key: string): PushResult {
  return { skipped: { reason: 'reset', message: `${streams.reset(key)}` } }
}

/** Readings of one stream. */
export function readings(key: string, count: number, from: number = 0): Asked[] {
  return waves(count, from).map((reading) => ({ key, ...reading }))
}
