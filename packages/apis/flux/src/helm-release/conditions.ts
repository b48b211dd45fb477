import { removeConditions, setConditions, type Condition, type Statement } from '../status/conditions.ts'
import { type HelmReleaseSpec } from './spec.ts'
import { type HelmReleaseStatus } from './status.ts'
import { digestCommonMetadata, digestPostRenderers } from './values-digest.ts'

/** The generation that is looked at, and the time in RFC 3339 with seconds. */
export interface Moment {
  readonly generation: number
  readonly now: string
}

/** The status with conditions stated. */
export function mark(
  status: HelmReleaseStatus,
  moment: Moment,
  ...statements: readonly Statement[]
): HelmReleaseStatus {
  return { ...status, conditions: setConditions(status.conditions, statements, moment) }
}

/** The status without the conditions of these types. */
export function unmark(status: HelmReleaseStatus, ...types: readonly string[]): HelmReleaseStatus {
  return { ...status, conditions: removeConditions(status.conditions, types) }
}

/** Stalled, which ends all progress. Ready stays as it was stated. */
export function markStalled(
  status: HelmReleaseStatus,
  moment: Moment,
  end: { readonly reason: string; readonly message: string },
): HelmReleaseStatus {
  return unmark(mark(status, moment, { type: 'Stalled', status: 'True', ...end }), 'Reconciling')
}

/** Reconciling with a step, or with a word on the next try. */
export function markReconciling(
  status: HelmReleaseStatus,
  moment: Moment,
  step: { readonly reason: 'Progressing' | 'ProgressingWithRetry'; readonly message: string },
): HelmReleaseStatus {
  return unmark(mark(status, moment, { type: 'Reconciling', status: 'True', ...step }), 'Stalled')
}

/**
 * Ready out of Remediated, TestSuccess and Released: the newest generation counts, then this order. What is remedied
 * is not ready. Notes the post-renderers and metadata that the release has from now on (SPEC.md HC1 to HC4).
 */
export function summarize(status: HelmReleaseStatus, spec: HelmReleaseSpec, moment: Moment): HelmReleaseStatus {
  const kept = spec.test.enable ? status : unmark(status, 'TestSuccess')
  const [leading] = summaryTypes(spec)
    .flatMap((type) => kept.conditions.filter((one) => one.type === type))
    .toSorted((a, b) => (b.observedGeneration ?? 0) - (a.observedGeneration ?? 0))
  if (leading === undefined) return kept
  const { reason, message } = leading
  const ready = readyStatus(leading)
  const marked = mark(kept, moment, { type: 'Ready', status: ready, reason, message })
  return observeRendering(ready === 'True' ? unmark(marked, 'Stalled') : marked, spec)
}

function summaryTypes(spec: HelmReleaseSpec): readonly string[] {
  const counts = spec.test.enable && !spec.test.ignoreFailures
  return counts ? ['Remediated', 'TestSuccess', 'Released'] : ['Remediated', 'Released']
}

function readyStatus(leading: Condition): Condition['status'] {
  return leading.type === 'Remediated' ? 'False' : leading.status
}

function observeRendering(status: HelmReleaseStatus, spec: HelmReleaseSpec): HelmReleaseStatus {
  const { observedPostRenderersDigest: _renderers, observedCommonMetadataDigest: _metadata, ...rest } = status
  const renderers = digestPostRenderers(spec.postRenderers)
  const metadata = digestCommonMetadata(spec.commonMetadata)
  return {
    ...rest,
    ...(renderers === '' ? {} : { observedPostRenderersDigest: renderers }),
    ...(metadata === '' ? {} : { observedCommonMetadataDigest: metadata }),
  }
}
