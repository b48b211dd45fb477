const maxDistance = 2

/** The names that somebody who wrote a word may have meant: those near to it, and those that begin with it. */
export function suggestions(word: string, names: readonly string[]): readonly string[] {
  const written = word.toLowerCase()
  return names
    .filter((name) => name.startsWith(written) || distance(written, name) <= maxDistance)
    .toSorted((left, right) => (left < right ? -1 : 1))
}

/** How many letters have to be put in, taken away or replaced. */
function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, at) => at)
  for (const [at, letter] of Array.from(left).entries()) {
    const next = [at + 1]
    for (const [column, other] of Array.from(right).entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
