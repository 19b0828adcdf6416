/** A text is no table of numbers: what its error quotes may be anything. */
export class NoTableError extends Error {}
