/** Lines that an action keeps of what it does; only the last ones when there are many. */
export interface ActionLog {
  add(line: string): void
  lines(): readonly string[]
}

/** Lines kept. */
const maxLines = 200
const maxLineLength = 2_000

/** An empty log. */
export function createActionLog(): ActionLog {
  const lines: string[] = []
  return {
    add(line) {
      lines.push(line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line)
      if (lines.length > maxLines) lines.shift()
    },
    lines: () => [...lines],
  }
}
