import { storageKey } from '../store/stored-object.ts'
import { metadataOf } from './draft.ts'
import type { Parts } from './parts.ts'
import type { Scope } from './scope.ts'
import { resourceSubject } from './scope.ts'
import { forbidden, notFound } from './status.ts'

/** Refuses new content in a namespace that is not there (404) or is going away (403). */
export function admitToNamespace(parts: Parts, scope: Scope, name: string): void {
  if (!scope.kind.namespaced) return
  const namespace = parts.storage.get('namespaces', storageKey('', scope.namespace))
  if (namespace === undefined) throw notFound({ group: '', kind: 'namespaces', name: scope.namespace })
  if (metadataOf(namespace.object)['deletionTimestamp'] === undefined) return
  throw forbidden(
    resourceSubject(scope, name),
    `unable to create new content in namespace ${scope.namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${scope.namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  )
}
