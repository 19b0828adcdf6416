/** What `npm run bench` runs, with which options, in the order of RESULTS.md; those `apart` have a command of their own. */
export const parts = [
  { name: 'quality', title: 'How good forecasts are', apart: true },
  { name: 'nab', title: 'How well anomalies are found', apart: true },
  { name: 'step', title: 'One step of one stream' },
  { name: 'roofline', title: 'Against what the machine can do' },
  { name: 'batch', title: 'Many streams that share weights' },
  { name: 'train', title: 'Training' },
  { name: 'learn', title: 'Learning a history' },
  { name: 'gpu', title: 'Many streams on a GPU', options: ['--software'] },
  { name: 'live', title: 'What a live stream costs' },
  { name: 'e2e', title: 'A message through Node-RED' },
  { name: 'state', title: 'Memory of a stream' },
  { name: 'start', title: 'From nothing to the first step' },
  { name: 'onnx', title: 'Written as ONNX, run by onnxruntime' },
  { name: 'fuzz', title: 'Hostile files' },
]
