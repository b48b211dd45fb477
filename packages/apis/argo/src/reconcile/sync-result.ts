import { describeFailure, type Failure } from '@kedge/base'
import { type Outcome, type Report } from '@kedge/engine'
import { describeKey } from '@kedge/manifest'

/** How a sync stands after a pass of the engine. */
export interface SyncVerdict {
  readonly phase: 'Running' | 'Succeeded' | 'Failed'
  readonly message: string
  readonly retryable: boolean
}

/** The phase and message of an operation (SPEC.md SY13). */
export function judgeSync(report: Report): SyncVerdict {
  switch (report.result) {
    case 'ready':
      return { phase: 'Succeeded', message: 'successfully synced (all tasks run)', retryable: false }
    case 'held': {
      const held = report.pruned.flatMap(({ verdict }) => (verdict.kind === 'hold' ? [verdict.message] : []))
      const message = `${held[0] ?? 'pruning is held'}; sync by hand with prune to let it happen`
      return { phase: 'Failed', message, retryable: false }
    }
    case 'waiting': {
      const waited = report.wait?.objects[0] ?? report.terminating[0]
      const name = waited === undefined ? 'objects' : describeKey(waited)
      const message =
        report.wait === undefined ? `waiting for the deletion of ${name}` : `waiting for healthy state of ${name}`
      return { phase: 'Running', message, retryable: false }
    }
    case 'failed': {
      const { retryable } = report
      return { phase: 'Failed', message: failureMessage(report.failures), retryable }
    }
  }
}

function failureMessage(failures: readonly Failure[]): string {
  const [first] = failures
  const reason = first === undefined ? '' : `, reason: ${describeFailure(first)}`
  return failures.length > 1 || first === undefined
    ? `one or more objects failed to apply${reason}`
    : `one or more objects failed to apply${reason}`
}

/** `operationState.syncResult.resources` (SPEC.md OP3). */
export function syncResources(report: Report): readonly Readonly<Record<string, unknown>>[] {
  const applied = report.outcomes.map((outcome) => {
    const status = statusOf(outcome)
    return {
      ...identity(outcome),
      status,
      message: messageOf(outcome),
      ...(outcome.kind === 'deleted' ? {} : { hookPhase: status === 'SyncFailed' ? 'Failed' : 'Running' }),
      syncPhase: 'Sync',
    }
  })
  const skipped = report.pruned
    .filter(({ verdict }) => verdict.kind === 'keep' || verdict.kind === 'hold')
    .map(({ entry }) => ({
      ...identity({ ref: entry }),
      status: 'PruneSkipped',
      message: 'ignored (requires pruning)',
      syncPhase: 'Sync',
    }))
  return [...applied, ...skipped]
}

function identity({ ref }: Pick<Outcome, 'ref'>): Readonly<Record<string, string>> {
  const { group, version, kind, namespace, name } = ref
  return { group, version, kind, namespace, name }
}

function statusOf(outcome: Outcome): 'Synced' | 'SyncFailed' | 'Pruned' {
  if (outcome.kind === 'deleted') return 'Pruned'
  return outcome.kind === 'failed' || outcome.kind === 'contested' ? 'SyncFailed' : 'Synced'
}

function messageOf(outcome: Outcome): string {
  if (outcome.failure !== undefined) return describeFailure(outcome.failure)
  const name = `${outcome.ref.kind.toLowerCase()}/${outcome.ref.name}`
  switch (outcome.kind) {
    case 'created':
    case 'unchanged':
      return `${name} ${outcome.kind}`
    case 'deleted':
      return 'pruned'
    case 'skipped':
      return outcome.reason ?? 'skipped'
    case 'pending':
    case 'terminating':
    case 'contested':
    case 'failed':
      return outcome.reason ?? outcome.kind
    case 'configured':
    case 'corrected':
    case 'replaced':
      return `${name} serverside-applied`
  }
}
