/**
 * Whether one resourceVersion is older than (-1), the same as (0) or newer than (1) another; undefined where they cannot
 * be compared. Since Kubernetes 1.35 the decimal ones are ordered by contract, and were in fact before.
 */
export function compareVersions(one: string, other: string): -1 | 0 | 1 | undefined {
  if (one === other) return 0
  if (!isDecimal(one) || !isDecimal(other)) return undefined
  if (one.length !== other.length) return one.length < other.length ? -1 : 1
  return one < other ? -1 : 1
}

function isDecimal(version: string): boolean {
  return /^[1-9]\d{0,38}$/.test(version)
}
