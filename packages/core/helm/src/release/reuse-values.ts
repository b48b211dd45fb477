import { byRevision, deployedRevision } from '../storage/release-history.ts'
import { restoreChart } from '../storage/stored-chart.ts'
import type { StoredRelease } from '../storage/stored-release.ts'
import { coalesceValues, fillTable } from '../values/coalesce.ts'
import { copyValues, newValueMap, type ValueMap } from '../values/paths.ts'

/** The revision that an upgrade starts from: the newest that is deployed, else the newest. */
export function currentRevision(releases: readonly StoredRelease[]): StoredRelease | undefined {
  return deployedRevision(releases) ?? byRevision(releases).at(-1)
}

/**
 * The values of an upgrade with `--reuse-values`: those given over those of the current revision. A null takes a value
 * away, which the defaults of that revision then give back, as Helm has it.
 */
export function reusedValues(current: StoredRelease | undefined, given: Readonly<ValueMap>): ValueMap {
  return fillTable(copyValues(given), copyValues(current?.config ?? newValueMap()))
}

/**
 * What takes the place of the new chart's values.yaml in such an upgrade: the old chart's with the old values over it.
 * Undefined without a chart. Subcharts are in no record: what the old ones had by default counts where it was imported.
 */
export function reusedDefaults(current: StoredRelease | undefined): ValueMap | undefined {
  if (current?.chart?.metadata === undefined) return undefined
  const chart = restoreChart({ ...current.chart, templates: [], files: [], schema: '' }, () => new Uint8Array())
  return coalesceValues(chart, current.config ?? newValueMap())
}
