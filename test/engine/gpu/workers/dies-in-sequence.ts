import { serve } from '../../../../src/engine/gpu/child/serve.ts'

/** Requests for sequences that are answered before this process dies with the next under way. */
const ANSWERED = 2

let asked = 0
process.on('message', ({ type }: { readonly type: string }) => {
  if (type === 'sequence' && asked++ === ANSWERED) process.kill(process.pid, 'SIGKILL')
})
serve()
