/** A file that cannot be read, or a model that a format cannot express: one sentence that says what is in the way. */
export class FormatError extends Error {
  override readonly name = 'FormatError'
}
