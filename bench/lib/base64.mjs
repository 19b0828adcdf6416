/** The bytes of a typed array as text. */
export const base64 = (values) =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')
