// Which builds of the kernels this Node.js runs, with the flags that a fresh one gets.
import { builds } from '../contenders/gruflow.mjs'
import { answer } from '../lib/fresh.mjs'

answer(builds)
