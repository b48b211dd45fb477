import { type StoredRelease } from '@kedge/helm'
import { type ActionEnd } from '@kedge/release'

import { type Artifact, type TargetCluster } from '../reconcile/effects.ts'
import { type ReleaseAction } from './next-action.ts'
import { type ChartRef, type HelmReleaseSpec } from './spec.ts'
import { type Values } from './values-digest.ts'

/**
 * An action that is carried out apart from the pass that asked for it: it may wait for minutes. All that it needs is in
 * here, so that it ends as it began whatever becomes of the object meanwhile.
 */
export interface ActionOrder {
  readonly action: ReleaseAction
  /** `replace-target`: the release lies elsewhere from now on. `deletion`: the HelmRelease is being deleted. */
  readonly purpose: 'release' | 'replace-target' | 'deletion'
  readonly spec: HelmReleaseSpec
  readonly release: ReleasePlace
  readonly target: TargetCluster
  /** What is rendered; undefined for actions that render nothing. */
  readonly content: OrderedContent | undefined
}

/** Where a release and its records are. */
export interface ReleasePlace {
  readonly name: string
  readonly namespace: string
  readonly storageNamespace: string
}

/** The chart and the values of an action. */
export interface OrderedContent {
  readonly source: ChartRef
  readonly artifact: Artifact
  readonly chart: ChartFacts
  readonly values: Values
  readonly configDigest: string
  /** Digest of the artifact in its registry; empty for other sources. */
  readonly ociDigest: string
}

/** What Chart.yaml says, the version with what a source's digest adds to it. */
export interface ChartFacts {
  readonly name: string
  readonly version: string
  readonly appVersion: string
}

/** An action that has ended. */
export interface FinishedAction {
  readonly order: ActionOrder
  /** Undefined when there was nothing to do. */
  readonly end: ActionEnd | undefined
  /** The revisions in storage afterwards, in any order. */
  readonly records: readonly StoredRelease[]
  readonly durationMs: number
  /** What asked for another reconciliation, `Kind/namespace/name`, so that health was no longer waited for. */
  readonly calledOffBy?: string
}

/** Kinds of actions of which one pass does no two. */
export type ActionType = 'release' | 'test' | 'unlock' | 'remediate'

export function typeOf(action: ReleaseAction): ActionType {
  switch (action.kind) {
    case 'install':
    case 'upgrade':
      return 'release'
    case 'test':
      return 'test'
    case 'unlock':
      return 'unlock'
    case 'rollback':
    case 'uninstall':
      return 'remediate'
  }
}

/** Milliseconds that each wait of an action may take. */
export function timeoutOf(action: ReleaseAction, spec: HelmReleaseSpec): number {
  return action.kind === 'unlock' ? spec.timeoutMs : spec[action.kind].timeoutMs
}
