/** Characters of a history that comes in messages. */
const MAX_TEXT = 2 ** 25

/** Text that comes piece by piece, as characters or as bytes of UTF-8 that are cut anywhere. */
export interface TrainText {
  readonly pieces: readonly string[]
  /**
   * @param end what follows the piece, such as the line break that it was split at
   * @throws RangeError when there are too many characters
   */
  push(piece: string | Uint8Array, end: unknown): void
}

export function createTrainText(): TrainText {
  const pieces: string[] = []
  const decoder = new TextDecoder()
  let characters = 0
  return {
    pieces,
    push(piece, end) {
      if (characters + piece.length > MAX_TEXT) {
        throw new RangeError(`the history has more than ${MAX_TEXT} characters of text`)
      }
      const text = typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true })
      characters += text.length
      pieces.push(typeof end === 'string' ? text + end : text)
    },
  }
}
