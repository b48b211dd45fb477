import type { FieldOwnerPattern, InventoryEntry, Propagation, ProtectedObject } from '@kedge/engine'
import type { HealthExpressions } from '@kedge/health'
import type { StoredChart, StoredHook, StoredRelease } from '@kedge/helm'

/** Which release on which cluster, and as whom it is worked on. */
export interface ReleaseTarget {
  /** Names the release among all deliveries of the process; stable across restarts. */
  readonly id: string
  readonly name: string
  /** Where objects go that name no namespace. */
  readonly namespace: string
  /** Where the records are. */
  readonly storageNamespace: string
  readonly fieldManager: string
  /** Owners whose fields are taken over, so that those which the manifest lacks go. `helmOwners` are those of helm itself. */
  readonly takeOver: readonly FieldOwnerPattern[]
  /** What earlier actions recorded (`ActionEnd.inventory`), for UIDs and for deletions that have not ended. */
  readonly inventory: readonly InventoryEntry[]
  /** What is never deleted, whatever a record says. */
  readonly protect: readonly ProtectedObject[]
}

/** A rendered chart: what an install or an upgrade brings. */
export interface ReleaseContent {
  readonly chart: StoredChart
  /** The values given, without the chart's own. */
  readonly config: StoredRelease['config']
  /** The manifest as it is stored. */
  readonly manifest: string
  /** In install order, as the render gave them. */
  readonly hooks: readonly StoredHook[]
  readonly notes: string
  readonly crds: readonly DefinitionFile[]
  /** The user's labels of the record. */
  readonly labels: Readonly<Record<string, string>>
}

/** A file of the chart's crds/ folder. */
export interface DefinitionFile {
  /** With the chart's name, `chart/crds/x.yaml`. */
  readonly path: string
  readonly text: string
}

/** What is done with the chart's crds/ folder: only missing ones are made, all are applied, or nothing. None is ever deleted. */
export type DefinitionPolicy = 'Create' | 'CreateReplace' | 'Skip'

/** How an action goes about it. Start from `defaultActionOptions`. */
export interface ActionOptions {
  /** For each single wait: each hook, the objects, deletions. */
  readonly timeoutMs: number
  /** Whether objects have to get healthy, and deletions to end, before the action does. Hooks are always awaited. */
  readonly wait: boolean
  /** Whether Jobs of the manifest have to complete too. */
  readonly waitForJobs: boolean
  /** Whether everything is waited for that has a status, or, as Helm 3 did, workloads and a few other kinds alone. */
  readonly waitFor: 'all' | 'workloads'
  readonly hooks: boolean
  /**
   * Objects are always applied on the server. `false` leaves the fields of all other owners alone, as client-side apply
   * would; `auto` does so where the release before was made that way.
   */
  readonly serverSideApply: boolean | 'auto'
  /** Whether objects that exist and belong to no release, or another one, are taken over. */
  readonly takeOwnership: boolean
  /** Whether objects whose change is refused as immutable are made anew. */
  readonly force: boolean
  /** Whether objects that a failed upgrade or rollback made are deleted. */
  readonly cleanupOnFail: boolean
  readonly createNamespace: boolean
  /** Whether an install may follow a failed or uninstalled release of the same name. */
  readonly replace: boolean
  readonly crds: DefinitionPolicy
  /** Records kept; 0 keeps all. */
  readonly maxHistory: number
  /** Takes the place of Helm's description of a success. */
  readonly description?: string
  readonly healthExpressions: readonly HealthExpressions[]
  /** How dependents of deleted objects are treated by an uninstall. */
  readonly propagation: Propagation
  /** Whether an uninstall keeps the records. */
  readonly keepHistory: boolean
}

/** Helm's defaults, with waiting. */
export const defaultActionOptions: ActionOptions = Object.freeze({
  timeoutMs: 300_000,
  wait: true,
  waitForJobs: false,
  waitFor: 'all',
  hooks: true,
  serverSideApply: true,
  takeOwnership: false,
  force: false,
  cleanupOnFail: false,
  createNamespace: false,
  replace: false,
  crds: 'Create',
  maxHistory: 10,
  healthExpressions: [],
  propagation: 'background',
  keepHistory: false,
})

/** The field managers of the helm command, for a release that it made before. */
export const helmOwners: readonly FieldOwnerPattern[] = Object.freeze([{ name: 'helm', exact: true }])
