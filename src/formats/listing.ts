/** Items as a sentence lists them: the first few, and how many more there are. */
export function listed(items: readonly string[], most = 8): string {
  const more = items.length - most
  return items.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
