/** Columns padded to their widest cell, three spaces apart, as kubectl prints. No trailing blanks. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => displayWidth(row[column] ?? ''))))
  return all
    .map((row) => {
      const cells = header.map((_, column) => {
        const cell = row[column] ?? ''
        return cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - displayWidth(cell)))
      })
      return `${cells.join('   ').trimEnd()}\n`
    })
    .join('')
}

/** How many columns a text takes on a terminal, colour codes not counted. */
function displayWidth(text: string): number {
  // oxlint-disable-next-line eslint/no-control-regex -- the escape character is what a colour code begins with
  return text.replaceAll(/\u001b\[[0-9;]*m/g, '').length
}
