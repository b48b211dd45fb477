const digit = /[A-Za-z0-9+/]/

/** Where standard base64 with padding breaks, as Go's decoder counts bytes; undefined when nothing is wrong. */
export function base64Fault(encoded: string): number | undefined {
  let filled = 0
  for (let at = 0; at < encoded.length; at += 1) {
    const mark = encoded[at] ?? ''
    if (mark === '\n' || mark === '\r') continue
    if (mark === '=' && filled >= 2) return paddingFault(encoded, at, filled)
    if (!digit.test(mark)) return at
    filled = (filled + 1) % 4
  }
  return filled === 0 ? undefined : encoded.length - filled
}

/** The padding must fill the group of four, and nothing may follow it. */
function paddingFault(encoded: string, first: number, filled: number): number | undefined {
  let missing = 3 - filled
  for (let at = first + 1; at < encoded.length; at += 1) {
    const mark = encoded[at]
    if (mark === '\n' || mark === '\r') continue
    if (missing === 0) return at
    if (mark !== '=') return at - 1
    missing -= 1
  }
  return missing === 0 ? undefined : encoded.length
}
