/** One measured figure. */
export interface BenchRow {
  /** `engine`, `kustomize`, `git` … */
  readonly area: string
  readonly what: string
  readonly value: number
  /** `ms`, `MiB`, `objects/s`, `x` (a ratio), `writes/min` … */
  readonly unit: string
  /** What the value is set against, measured in the same run. */
  readonly baseline?: { readonly what: string; readonly value: number; readonly unit: string }
  /** The goal in words (`>= 0.7 x`) and whether this run reached it. */
  readonly goal?: { readonly text: string; readonly met: boolean }
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/** The value below which `percent` of the values lie, by linear interpolation. NaN of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = ((sorted.length - 1) * percent) / 100
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}
