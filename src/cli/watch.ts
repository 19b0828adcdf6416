import type { Command } from './command.ts'
import { runWatch } from './run-watch.ts'
import { PASSWORD_VARIABLE, watchOptions } from './watch-options.ts'

const HELP = `Usage: gruflow watch URL TOPIC... [options]

Rolling forecasts of a live broker, e.g. gruflow watch mqtt://localhost 'sensors/#' 'meter/+/power'. On a terminal a
table that is drawn over itself, elsewhere lines. Ctrl-C ends it.

  --horizon <steps>      how far ahead, 1–256 (default: 24, or that of the model)
  --period <time>        of a step, e.g. 500ms, 10s, 5min, 1h 
                         (default: that of the model, or found for each topic)
  --season <steps>       of the regular pattern (a day, a shift), 2–2048 (default: found)
  --warm-up <steps>      before the first forecast, 2–4096 (default: 64)
  --coverage <shares>    of readings that intervals are meant to hold, between 0 and 1; the table has the first
                         of several, e.g. 0.8,0.95 (default: 0.9)
  --path <names>         to the reading within a payload, e.g. AM2301.Temperature (default: found)
  --model <file>         begins with a model that gruflow fit or gru-train has made
  --device <name>        what steps the GRU: wasm, gpu, or auto, whichever is faster (default: auto)
  --max-streams <number> topics that are kept, 1–10,000; those longest silent make room (default: 500)
  --json                 one line of JSON for each reading: its topic, and its forecast or why there is none
  --username <name>      for the broker; also in the URL
  --password <text>      better in the environment, as ${PASSWORD_VARIABLE}
  --ca <file>            certificates of the authority that vouches for the broker, for mqtts:// and wss://
`

/** `gruflow watch`: until it is interrupted. */
export const watch: Command = {
  help: HELP,
  async run(args) {
    await runWatch(watchOptions(args, process.env))
    return 0
  },
}
