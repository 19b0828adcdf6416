// Loaded before Node-RED: see nodeRed.mjs. Tells its CPU time when asked; with NODELAY its sockets wait for nothing.
const { readFileSync } = require('node:fs')
const { Socket } = require('node:net')

if (process.env.NODELAY) {
  const { connect } = Socket.prototype
  Socket.prototype.connect = function (...args) {
    this.setNoDelay(true)
    return connect.apply(this, args)
  }
}
process.on('message', (message) => {
  if (message !== 'cpu') return
  const { user, system } = process.cpuUsage()
  process.send({ all: user + system, main: mainThread() })
})

/** Microseconds of CPU of the main thread, where Linux tells. */
function mainThread() {
  try {
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return Number(nanoseconds) / 1000
  } catch {
    return null
  }
}
