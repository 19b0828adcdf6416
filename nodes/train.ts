import { fit } from '../src/forecast/fit/fit.ts'
import type { Red } from './red.ts'
import { registerTrain } from './trainNode.ts'

/** Registers `gru-train`: history in, a fitted model out. */
export default function register(RED: Red): void {
  registerTrain(RED, fit)
}
