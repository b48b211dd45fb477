import { asRecord, textAt } from '../json.ts'
import { type ApplicationCondition } from '../status/application-status.ts'
import { type Pass } from './fetch-source.ts'
import { type Comparison } from './compare.ts'

export type AutomatedDecision =
  | { readonly kind: 'sync'; readonly prune: boolean; readonly attempt: number; readonly conditions: readonly [] }
  | { readonly kind: 'refused'; readonly conditions: readonly ApplicationCondition[] }

/** Whether an automated application syncs by itself now (SPEC.md AS1 to AS5); undefined when there is nothing to do. */
export function decideAutomated(
  pass: Pass,
  looked: { readonly revision: string; readonly comparison: Comparison },
): AutomatedDecision | undefined {
  const { automated } = pass.spec
  const { comparison, revision } = looked
  if (automated === undefined || comparison.sync !== 'OutOfSync') return undefined
  if (comparison.onlyPruning && !automated.prune) return undefined
  if (automated.prune && comparison.wouldEmpty && !automated.allowEmpty) {
    const message = 'Skipping sync attempt: auto-sync will wipe out all resources'
    return { kind: 'refused', conditions: [{ type: 'SyncError', message }] }
  }
  const last = asRecord(asRecord(pass.object['status'])?.['operationState'])
  const tried = textAt(asRecord(last?.['syncResult']), 'revision') === revision && sameSource(pass, last)
  if (!tried) return { kind: 'sync', prune: automated.prune, attempt: 0, conditions: [] }
  const phase = textAt(last, 'phase')
  if (phase !== 'Succeeded') {
    const message = `Failed last sync attempt to [${revision}]: ${textAt(last, 'message')}`
    return { kind: 'refused', conditions: [{ type: 'SyncError', message }] }
  }
  if (!automated.selfHeal) return undefined
  return { kind: 'sync', prune: automated.prune, attempt: attemptOf(last) + 1, conditions: [] }
}

function sameSource(pass: Pass, state: Readonly<Record<string, unknown>> | undefined): boolean {
  const source = asRecord(state?.['syncResult'])?.['source']
  return JSON.stringify(source) === JSON.stringify(pass.spec.source.raw)
}

function attemptOf(state: Readonly<Record<string, unknown>> | undefined): number {
  const sync = asRecord(asRecord(state?.['operation'])?.['sync'])
  const attempt = sync?.['autoHealAttemptsCount']
  return typeof attempt === 'number' ? attempt : 0
}
