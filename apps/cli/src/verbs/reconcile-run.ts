import { FailureError } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'
import { connect } from '../connect.ts'
import { durationFlag } from '../duration-flag.ts'
import type { Io } from '../io.ts'
import type { Kube } from '../kube/kube.ts'
import { namespaceFor, selectOneObject } from '../kube/selection.ts'
import { isStatic, sourcesOf, type Target } from '../kube/source-chain.ts'
import type { ExitCode } from '../main.ts'
import { waitForObject } from '../kube/wait.ts'
import type { ReconcileFlags } from './reconcile.ts'

/** Asks for a reconciliation now and waits until it was handled: 0 when the object is then ready, 1 when not. */
export async function runReconcile(words: readonly string[], flags: ReconcileFlags, io: Io): Promise<ExitCode> {
  const timeoutMs = durationFlag(flags.timeout)
  await using kube = await connect(flags, io)
  const { resource, name } = await selectOneObject(words, kube)
  const target = { resource, name, namespace: namespaceFor(resource, flags, kube) }
  if (flags.withSource === true) {
    for (const source of await sourcesOf(kube, target)) {
      const outcome = await ask(kube, source, { flags: { ...flags, force: false, reset: false }, timeoutMs, io })
      if (outcome !== 0) return outcome
    }
  }
  return await ask(kube, target, { flags, timeoutMs, io })
}

async function ask(
  kube: Kube,
  target: Target,
  how: { flags: ReconcileFlags; timeoutMs: number; io: Io },
): Promise<ExitCode> {
  const { flags, io, timeoutMs } = how
  const token = new Date().toISOString()
  const isApplication = target.resource.group === 'argoproj.io'
  const annotations = isApplication
    ? { 'argocd.argoproj.io/refresh': flags.force === true ? 'hard' : 'normal' }
    : {
        'reconcile.fluxcd.io/requestedAt': token,
        ...(flags.force === true ? { 'reconcile.fluxcd.io/forceAt': token } : {}),
        ...(flags.reset === true ? { 'reconcile.fluxcd.io/resetAt': token } : {}),
      }
  await refuseStatic(kube, target)
  const asked = await kube.merge(target.resource, target, { metadata: { annotations } })
  const label = `${target.resource.singular}/${target.name}`
  if (isSuspended(asked))
    throw new FailureError({
      code: 'Suspended',
      message: `${label} is suspended`,
      fix: `resume it first: kedge resume ${label} -n ${target.namespace}`,
    })
  io.stderr(`► asked ${label} in ${target.namespace} to reconcile\n`)
  if (!flags.wait) return 0
  const handled = (object: KubeObject) =>
    isApplication
      ? object.metadata.annotations?.['argocd.argoproj.io/refresh'] === undefined
      : handledAt(object) === token && !isReconciling(object)
  const done = await waitForObject(kube, target, { until: handled, timeoutMs })
  return report(done, { label, io, isApplication })
}

/** An object that nothing reconciles would be waited for in vain. */
async function refuseStatic(kube: Kube, target: Target): Promise<void> {
  const { kind } = target.resource
  if (kind !== 'HelmRepository' && kind !== 'ExternalArtifact') return
  if (!isStatic(await kube.get(target.resource, target))) return
  const what = kind === 'HelmRepository' ? 'a HelmRepository of type oci' : 'an ExternalArtifact'
  throw new FailureError({
    code: 'NotReconciled',
    message: `${target.resource.singular}/${target.name} is ${what}, which nothing reconciles`,
    fix: 'reconcile what uses it',
  })
}

function report(object: KubeObject, how: { label: string; io: Io; isApplication: boolean }): ExitCode {
  const { ready, message } = how.isApplication ? applicationOutcome(object) : readyOutcome(object)
  how.io.stdout(`${ready ? '✔' : '✗'} ${how.label} ${message}\n`)
  return ready ? 0 : 1
}

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

function conditionsOf(object: KubeObject): readonly Condition[] {
  return (object['status'] as { readonly conditions?: readonly Condition[] } | undefined)?.conditions ?? []
}

function readyOutcome(object: KubeObject): { ready: boolean; message: string } {
  const ready = conditionsOf(object).find((condition) => condition.type === 'Ready')
  return {
    ready: ready?.status === 'True',
    message: ready === undefined ? 'has no Ready condition' : `${ready.reason ?? ''}: ${ready.message ?? ''}`,
  }
}

function applicationOutcome(object: KubeObject): { ready: boolean; message: string } {
  const status = object['status'] as
    | { readonly sync?: { readonly status?: string }; readonly health?: { readonly status?: string } }
    | undefined
  const words = [status?.sync?.status ?? 'Unknown', status?.health?.status ?? 'Unknown']
  return { ready: words[0] === 'Synced' && words[1] === 'Healthy', message: words.join(', ') }
}

function handledAt(object: KubeObject): string | undefined {
  return (object['status'] as { readonly lastHandledReconcileAt?: string } | undefined)?.lastHandledReconcileAt
}

function isReconciling(object: KubeObject): boolean {
  return conditionsOf(object).some(
    (condition) =>
      condition.type === 'Reconciling' && condition.status === 'True' && condition.reason === 'Progressing',
  )
}

function isSuspended(object: KubeObject): boolean {
  if (object.metadata.annotations?.['source.extensions.fluxcd.io/reconcile']?.toLowerCase() === 'disabled') return true
  return (object['spec'] as { readonly suspend?: boolean } | undefined)?.suspend === true
}
