import { FailureError } from '@kedge/base'
import { connect } from '../connect.ts'
import type { ScopeFlags } from '../flags.ts'
import type { Io } from '../io.ts'
import { namespaceFor, selectResources } from '../kube/selection.ts'
import type { ExitCode } from '../main.ts'

/** Sets or clears `spec.suspend` of the objects named. Applications have no such field: their automated policy is what stops. */
export async function runSuspend(
  request: { words: readonly string[]; suspend: boolean; flags: ScopeFlags },
  io: Io,
): Promise<ExitCode> {
  const { words, suspend, flags } = request
  await using kube = await connect(flags, io)
  for (const { resource, names } of await selectResources(words, kube)) {
    if (!resource.group.endsWith('.fluxcd.io'))
      throw new FailureError({
        code: 'CannotSuspend',
        message: `${resource.kind} cannot be suspended`,
        ...(resource.group === 'argoproj.io'
          ? { fix: 'remove spec.syncPolicy.automated to stop automated operations' }
          : {}),
      })
    const namespace = namespaceFor(resource, flags, kube)
    const found =
      names.length > 0
        ? names.map((name) => ({ namespace, name }))
        : (await kube.list(resource, { namespace })).items.map(({ metadata }) => ({
            namespace: metadata.namespace ?? '',
            name: metadata.name ?? '',
          }))
    for (const at of found) {
      await kube.merge(resource, at, suspension(resource.kind, suspend))
      io.stdout(`${resource.singular}/${at.name} ${suspend ? 'suspended' : 'resumed'}\n`)
    }
  }
  return 0
}

/** ArtifactGenerators have an annotation in place of the field. */
function suspension(kind: string, suspend: boolean): Readonly<Record<string, unknown>> {
  if (kind !== 'ArtifactGenerator') return { spec: { suspend: suspend ? true : null } }
  return { metadata: { annotations: { 'source.extensions.fluxcd.io/reconcile': suspend ? 'disabled' : null } } }
}
