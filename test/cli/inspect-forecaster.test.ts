import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFitted } from '../../src/store/fitted.ts'
import { changed } from '../store/fitted-bytes.ts'
import { sample } from '../store/fitted-models.ts'
import { finished, killAll } from './child.ts'

const { spec, weights, channels } = sample.model

describe('gruflow inspect, of a fitted forecaster', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gruflow-inspect-forecaster-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))
  afterEach(killAll)

  async function fileOf(bytes: Uint8Array): Promise<string> {
    const path = join(folder, 'model.safetensors')
    await writeFile(path, bytes)
    return path
  }

  it('shows what it forecasts, how well, and of which streams', async () => {
    const odd = { ...channels[1], key: 'hall\u001b[2J/\u202etemp' }
    const model = { ...sample.model, channels: [channels[0], odd] }
    const file = await fileOf(writeFitted({ ...sample, model }))
    const { code, out, err } = await finished('inspect', file)
    assert.deepEqual([code, err], [0, ''])
    assert.doesNotMatch(out, /(?!\n)[\p{C}\u2028]/u)
    const lines = out.split('\n')
    assert.equal(lines[0], `${file}: safetensors, 13 tensors`)
    const shown = lines.slice(lines.indexOf('metadata'), -1)
    assert.deepEqual(shown, [
      'metadata',
      '  format              pt',
      '  gruflow.forecaster  1',
      '',
      'forecaster',
      '  segment     3',
      '  horizon     7',
      '  hiddenSize  4',
      '  seasonal    true',
      '  scale       running',
      '  channels    2',
      `  weights     ${weights.length}`,
      '  period      60000 ms',
      '  fitted      2026-01-02T03:04:05.006Z',
      '',
      'metrics, over the next 7 steps, on the newest 400 rows, held back',
      '                  mse   mae   mase',
      '  gru             0.31  0.36  0.8',
      '  naive           1.21  0.81  1.7',
      '  seasonal naive  none  none  none',
      '  ridge           0.4   0.44  0.9',
      '',
      'in words',
      '  55 % better than the last value on the newest 20 % of the history',
      '',
      'channels',
      '  key                       unit    season',
      '  plant/boiler              0.3     24',
      '  hall\\u001b[2J/\\u202etemp  5e-324  none',
    ])
  })

  it('says the same as one JSON document', async () => {
    const { code, out, err } = await finished('inspect', '--json', await fileOf(writeFitted(sample)))
    assert.deepEqual([code, err], [0, ''])
    const { format, problem, tensors, metadata, forecaster } = JSON.parse(out)
    assert.deepEqual([format, problem, tensors.length], ['safetensors', undefined, 13])
    assert.equal(metadata['gruflow.forecaster'], '1')
    const { metrics, ...rest } = forecaster
    assert.deepEqual(rest, {
      spec,
      weights: weights.length,
      channels: JSON.parse(JSON.stringify(channels)),
      period: sample.period,
      fittedAt: sample.fittedAt,
    })
    assert.deepEqual(metrics.gru, sample.metrics!.gru)
  })

  it('says why one cannot be read, and ends with 1', async () => {
    const file = await fileOf(
      changed(({ __metadata__ }) => {
        __metadata__['gruflow.forecaster'] = '2'
      }),
    )
    const { code, out, err } = await finished('inspect', file)
    assert.deepEqual([code, err], [1, ''])
    assert.match(
      out,
      /\nno model can be made of it\n {2}the forecaster is of version "2"; this program reads version 1\n$/,
    )
    assert.match(out, /\n {2}spec +\{"segment":3,/)
  })

  it('is refused by convert, with the node that runs it', async () => {
    const file = await fileOf(writeFitted(sample))
    const { code, out, err } = await finished('convert', file, join(folder, 'model.onnx'))
    assert.deepEqual([code, out], [1, ''])
    assert.match(err, /the file is a fitted forecaster, which the node gru-model runs/)
  })
})
