import type { ValueMap } from '../values/paths.ts'

/** What became of a release's revision, in Helm's words. */
export type ReleaseStatus =
  | 'unknown'
  | 'deployed'
  | 'uninstalled'
  | 'superseded'
  | 'failed'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback'

/** One revision of a release as Helm stores it. Times are RFC 3339 texts, empty where there is none. */
export interface StoredRelease {
  readonly name: string
  readonly namespace: string
  /** The revision, from 1. */
  readonly version: number
  readonly info: ReleaseInfo
  /** Undefined in records that lost it, which Helm prints as MISSING. */
  readonly chart: StoredChart | undefined
  /** The values given, without the chart's own; undefined for none. */
  readonly config: Readonly<ValueMap> | undefined
  readonly manifest: string
  readonly hooks: readonly StoredHook[]
  /** `ssa`, `csa`, or empty for what Helm 3 wrote. */
  readonly applyMethod: string
  /** The user's own labels; they live on the Secret and not in its content. */
  readonly labels: Readonly<Record<string, string>>
}

/** When and how a revision went. */
export interface ReleaseInfo {
  readonly firstDeployed: string
  readonly lastDeployed: string
  readonly deleted: string
  readonly description: string
  readonly status: ReleaseStatus
  /** The revision that was rolled back to; 0 for none. */
  readonly rollbackRevision: number
  readonly notes: string
}

/** The chart of a revision. Its subcharts' templates are not stored; Helm never needs them again. */
export interface StoredChart {
  readonly metadata: Readonly<ValueMap> | undefined
  readonly lock: Readonly<ValueMap> | undefined
  readonly templates: readonly StoredFile[]
  readonly values: Readonly<ValueMap> | undefined
  /** values.schema.json in base64; empty without one. */
  readonly schema: string
  readonly schemaModTime: string
  readonly files: readonly StoredFile[]
  readonly modTime: string
}

/** A file of a stored chart, content in base64. */
export interface StoredFile {
  readonly name: string
  readonly data: string
  readonly modTime: string
}

/** A hook of a revision and how it last ran. */
export interface StoredHook {
  readonly name: string
  readonly kind: string
  readonly path: string
  readonly manifest: string
  readonly events: readonly string[]
  readonly weight: number
  readonly deletePolicies: readonly string[]
  readonly outputLogPolicies: readonly string[]
  readonly lastRun: HookRun
}

/** One run of a hook; the phase is empty before the first. */
export interface HookRun {
  readonly startedAt: string
  readonly completedAt: string
  readonly phase: string
}
