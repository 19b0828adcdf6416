// The spec reporter, and a last line that a machine can read.
const { Spec } = require('mocha').reporters

module.exports = class Count extends Spec {
  epilogue() {
    super.epilogue()
    const { passes, failures } = this.stats
    console.log(`${passes} passed, ${failures} failed`)
  }
}
