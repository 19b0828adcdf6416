// The public surface: what is not here may change at any time.

// The GRU itself.
export type { Backend, Lanes } from './engine/backend.ts'
export type { DeviceChoice } from './engine/device.ts'
export {
  type DeviceSequence,
  type DeviceSequenceOptions,
  deviceSequence,
  type RunDeviceSequence,
} from './engine/gpu/sequence.ts'
export { createDeviceStepper } from './engine/gpu/stepper.ts'
export type {
  Calibration,
  Calibrations,
  DeviceStepper,
  DeviceStepperOptions,
} from './engine/gpu/types.ts'
export { type InitialiseOptions, type Initialiser, initialise } from './engine/initialise.ts'
export { type CellLayout, type Layout, layout, type TensorLayout, tensors } from './engine/layout.ts'
export { createModel, type Model } from './engine/model.ts'
export { reference } from './engine/reference.ts'
export { type Sequence, type SequenceOptions, sequence } from './engine/sequence.ts'
export {
  type Cell,
  type Direction,
  directions,
  type GruSpec,
  gruSpec,
  type PresetName,
  presets,
  type RecurrentActivation,
  stateSize,
  type Update,
} from './engine/spec.ts'
export { createStepper, type Stepper, type StepperOptions } from './engine/stepper.ts'
export type { WasmBuild } from './engine/wasm/module.ts'
export { wasm, wasmBackend } from './engine/wasm/wasm.ts'

// Models fitted to histories.
export type { MethodScore } from './forecast/backtest/types.ts'
export { fit } from './forecast/fit/fit.ts'
export type {
  FitHistoryCheckpoint,
  FitHistoryProgress,
  FitMetrics,
  FitOptions,
  FitStage,
  Fitted,
  MeasuredModel,
} from './forecast/fit/types.ts'

// Rolling forecasts.
export { createForecastModel } from './forecast/model.ts'
export type { ScoreOptions, Scores } from './forecast/score.ts'
export type { Figures } from './forecast/scoreFigures.ts'
export type {
  Anomaly,
  Counts,
  ExpertName,
  ExpertShare,
  Forecast,
  ForecastModel,
  ForecastModelOptions,
  Interval,
  Load,
  Outcome,
  PushResult,
  Reading,
  Skip,
  SkipReason,
  SnapshotTree,
  Streams,
  StreamsOptions,
  Training,
} from './forecast/types.ts'

// Weight files.
export { FormatError } from './formats/error.ts'
export { inspectModel, readModel } from './formats/read.ts'
export type {
  FormatName,
  Imported,
  ImportOptions,
  Inspection,
  Preprocessing,
  Scaling,
  TargetName,
  Written,
} from './formats/types.ts'
export { type WriteOptions, writeModel } from './formats/write.ts'

// Fitted forecasters.
export type {
  Best,
  Channel,
  FitCheckpoint,
  ScaleKind,
  SegmentModel,
  SegmentSpec,
} from './learn/segment/types.ts'

// Messages from sensors.
export type { MqttOptions, MqttStatus } from './mqtt/client.ts'
export { type ParsedPayload, type PayloadOptions, parsePayload } from './mqtt/payload.ts'
export type { SinkOptions } from './mqtt/sink.ts'
export type { MqttMessage, SourceOptions } from './mqtt/source.ts'

// Operators.
export { type AnomaliesOptions, type AnomalyEvent, anomalies } from './rx/anomalies.ts'
export { type ForecastOptions, forecast, type ReadingOptions } from './rx/forecast.ts'
export { fromMqtt } from './rx/fromMqtt.ts'
export { type GruStepOptions, type GruStepOutcome, gruStep } from './rx/gruStep.ts'
export type { Answer, KeyOptions } from './rx/keyed.ts'
export { type Scored, score } from './rx/score.ts'
export type { StepInput } from './rx/stepInput.ts'
export type { OnDevice, Running } from './rx/stepLater.ts'
export type { Step } from './rx/stepOutput.ts'
export { toMqtt } from './rx/toMqtt.ts'

// Files of fitted forecasters.
export { readFitted, type SavedFitted, writeFitted } from './store/fitted.ts'

// Histories.
export type { Column } from './table/types.ts'
