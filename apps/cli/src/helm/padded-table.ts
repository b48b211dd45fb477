/** Columns as helm's tables have them: cells padded to the widest, a tab between; the last line ends with a line feed. */
export function paddedTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ''))))
  return `${rows.map((row) => printRow(row, widths)).join('\n')}\n`
}

/** A cell with line feeds makes as many lines, the other cells of which are blank. */
function printRow(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell) => cell.split('\n'))
  const height = Math.max(...cells.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    cells.map((lines, at) => padded(lines[line] ?? '', widths[at] ?? 0)).join('\t'),
  ).join('\n')
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Columns on a terminal: colour codes have none, East Asian wide characters two. */
function widthOf(text: string): number {
  return Math.max(...text.split('\n').map(lineWidth))
}

function lineWidth(line: string): number {
  // oxlint-disable-next-line eslint/no-control-regex -- the escape character is what a colour code begins with
  const plain = line.replaceAll(/\u001b\[[0-9;]*m/g, '')
  return Array.from(plain).reduce((width, char) => width + (isWide(char) ? 2 : 1), 0)
}

function isWide(char: string): boolean {
  return /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{20000}-\u{3fffd}]/u.test(
    char,
  )
}
