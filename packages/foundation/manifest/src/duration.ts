const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const grammar = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/
const part = /([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)/g
/** Go keeps durations in 64-bit nanoseconds: some 292 years. */
const maxMs = 9_223_372_036_854

/** Milliseconds of `1h30m` and the like, as in specs of objects; undefined when the text is no such duration. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || !grammar.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN)
  return total <= maxMs ? total : undefined
}
