import type { Cluster } from '@kedge/cluster'
import { gvkOf, type KubeObject } from '@kedge/manifest'

import type { ObjectView } from '../cluster/object-view.ts'
import { statusPatch } from '../status-patch.ts'

/** Writes what reconcilers decided about the objects of one kind. */
export interface ObjectWriter {
  /** Makes the stored status equal to `status`; sends nothing when it is. */
  status(object: KubeObject, status: Readonly<Record<string, unknown>>): Promise<KubeObject>
  /** Whether `status` would send anything. */
  changes(object: KubeObject, status: Readonly<Record<string, unknown>>): boolean
  /** The status and other fields in one merge patch, for kinds that keep them together. */
  statusAnd(
    object: KubeObject,
    status: Readonly<Record<string, unknown>>,
    rest: Readonly<Record<string, unknown>>,
  ): Promise<KubeObject>
  finalizers(object: KubeObject, finalizers: readonly string[]): Promise<KubeObject>
  /** A merge patch of the whole object. */
  merge(object: KubeObject, patch: Readonly<Record<string, unknown>>): Promise<KubeObject>
}

export interface WriterOptions {
  readonly cluster: Cluster
  readonly view: Pick<ObjectView, 'wrote'>
  /** As Flux names its own, so that its tools show who wrote a status. */
  readonly fieldManager: string
  /** Whether the kind keeps its status apart from the rest. */
  readonly hasStatusSubresource: boolean
}

export function createObjectWriter(options: WriterOptions): ObjectWriter {
  const { cluster, view, fieldManager } = options
  async function send(
    object: KubeObject,
    body: Readonly<Record<string, unknown>>,
    toStatus: boolean,
  ): Promise<KubeObject> {
    const { namespace = '', name = '', uid } = object.metadata
    const ref = { ...gvkOf(object), namespace, name }
    // A new object of the same name is not the one that was looked at.
    const patch = {
      type: 'merge',
      body: uid === undefined ? body : { ...body, metadata: { ...metadataOf(body), uid } },
    } as const
    const written = toStatus
      ? await cluster.patchStatus(ref, patch, { fieldManager })
      : await cluster.patch(ref, patch, { fieldManager })
    view.wrote(written.object)
    return written.object
  }
  return {
    async status(object, status) {
      const patch = statusPatch(object['status'], status)
      return patch === undefined ? object : send(object, { status: patch }, options.hasStatusSubresource)
    },
    changes: (object, status) => statusPatch(object['status'], status) !== undefined,
    statusAnd: (object, status, rest) => {
      const patch = statusPatch(object['status'], status)
      return send(object, patch === undefined ? rest : { ...rest, status: patch }, false)
    },
    finalizers: (object, finalizers) =>
      send(object, { metadata: { finalizers, resourceVersion: object.metadata.resourceVersion } }, false),
    merge: (object, patch) => send(object, patch, false),
  }
}

function metadataOf(body: Readonly<Record<string, unknown>>): object {
  const metadata = body['metadata']
  return typeof metadata === 'object' && metadata !== null ? metadata : {}
}
