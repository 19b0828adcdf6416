import { UsageError } from './command.ts'

/** One name, in quotes or bare, and the comma after it or the end. */
const NAME = /\s*(?:"((?:[^"]|"")*)"\s*|([^",][^,]*|))(,|$)/y

/**
 * Column names as CSV writes them: `a,b`, or `"a,b",c` where a name holds a comma, a quotation mark in quotes doubled.
 *
 * @param option what it was given as, for errors
 * @throws UsageError naming the text that is no such list, or the name that is empty or there twice
 */
export function columnNames(option: string, text: string): string[] {
  const names: string[] = []
  NAME.lastIndex = 0
  for (let end = ','; end === ','; ) {
    const found = NAME.exec(text)
    if (!found) throw new UsageError(`--${option} must be names with commas between them, got '${text}'`)
    const name = found[1] === undefined ? found[2].trim() : found[1].replaceAll('""', '"')
    if (name === '') throw new UsageError(`--${option} has an empty name, got '${text}'`)
    if (names.includes(name)) throw new UsageError(`--${option} has '${name}' twice`)
    names.push(name)
    end = found[3]
  }
  return names
}
