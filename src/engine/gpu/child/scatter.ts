// gpu.js writes every element of a result and nothing else; rows that belong in the middle of a pool are moved by
// hand-written passes.

const GROUP = 64
const MOST_GROUPS = 65_535
const UNIFORM = 0x40 | 0x08

/** Row i is the numbers `offset` to `offset + width` of every `stride` of `rows`; its lane is number `first + i` of `lanes`. */
const SOURCE = `
struct Place { first: u32, count: u32, width: u32, stride: u32, offset: u32, pitch: u32 };
@group(0) @binding(0) var<uniform> place: Place;
@group(0) @binding(1) var<storage, read_write> rows: array<f32>;
@group(0) @binding(2) var<storage, read> lanes: array<f32>;
@group(0) @binding(3) var<storage, read_write> states: array<f32>;

@compute @workgroup_size(${GROUP}) fn scatter(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * place.pitch;
  let row = at / place.width;
  if (row >= place.count) { return; }
  let lane = lanes[place.first + row];
  if (lane < 0.0) { return; }
  let column = at % place.width;
  states[u32(lane) * place.width + column] = rows[row * place.stride + place.offset + column];
}

@compute @workgroup_size(${GROUP}) fn gather(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x + id.y * place.pitch;
  let row = at / place.width;
  if (row >= place.count) { return; }
  let column = at % place.width;
  rows[row * place.stride + place.offset + column] = states[u32(lanes[place.first + row]) * place.width + column];
}`

/** Which rows go to or come from which lanes of one layer's states [lanes, width]. */
export interface Move {
  readonly rows: GPUBuffer
  readonly lanes: GPUBuffer
  readonly states: GPUBuffer
  /** Where in `lanes` the first row's lane is. */
  readonly first: number
  readonly count: number
  readonly width: number
  /** Numbers from one row to the next. */
  readonly stride: number
  /** Number of the first row's first number. */
  readonly offset: number
}

/** Moves rows between states and where they were computed or come from. Each call is submitted at once. */
export interface Scatter {
  /** rows → states; lanes below 0 get nothing. `also` joins the same submit. */
  scatter(move: Move, also?: (encoder: GPUCommandEncoder) => void): void
  /** states → rows */
  gather(move: Move): void
  close(): void
}

export function createScatter(device: GPUDevice): Scatter {
  const module = device.createShaderModule({ code: SOURCE })
  const storage = (type: GPUBufferBindingType, binding: number): GPUBindGroupLayoutEntry => ({
    binding,
    visibility: 4,
    buffer: { type },
  })
  const group = device.createBindGroupLayout({
    entries: [
      storage('uniform', 0),
      storage('storage', 1),
      storage('read-only-storage', 2),
      storage('storage', 3),
    ],
  })
  const layout = device.createPipelineLayout({ bindGroupLayouts: [group] })
  const pipeline = (entryPoint: string): GPUComputePipeline =>
    device.createComputePipeline({ layout, compute: { module, entryPoint } })
  const scatter = pipeline('scatter')
  const gather = pipeline('gather')
  // Written before each submit: the queue keeps writes and submits in order.
  const uniform = device.createBuffer({ size: 32, usage: UNIFORM })

  const submit = (
    pass: GPUComputePipeline,
    move: Move,
    also?: (encoder: GPUCommandEncoder) => void,
  ): void => {
    const { first, count, width, stride, offset } = move
    const groups = Math.ceil((count * width) / GROUP)
    const across = Math.min(groups, MOST_GROUPS)
    device.queue.writeBuffer(
      uniform,
      0,
      Uint32Array.of(first, count, width, stride, offset, across * GROUP, 0, 0),
    )
    const bound = [uniform, move.rows, move.lanes, move.states]
    const encoder = device.createCommandEncoder()
    const compute = encoder.beginComputePass()
    compute.setPipeline(pass)
    compute.setBindGroup(
      0,
      device.createBindGroup({
        layout: group,
        entries: bound.map((buffer, binding) => ({ binding, resource: { buffer } })),
      }),
    )
    compute.dispatchWorkgroups(across, Math.ceil(groups / across))
    compute.end()
    also?.(encoder)
    device.queue.submit([encoder.finish()])
  }
  return {
    scatter: (move, also) => submit(scatter, move, also),
    gather: (move) => submit(gather, move),
    close: () => uniform.destroy(),
  }
}
