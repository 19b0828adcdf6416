/**
 * Loads a package that only a clone has: the demo's broker, Node-RED and data are no dependencies of the library.
 *
 * @throws Error that says so when it is missing
 */
export async function cloneOnly<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error
    throw new Error(
      `the demo needs ${name}, which is not installed here: clone the repository and run npm start`,
    )
  }
}
