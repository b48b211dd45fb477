import type { Draft } from '../../contracts.ts'
import { child, numeric, sameValue, text } from '../../kinds/draft.ts'
import type { ControllerContext } from '../runtime/context.ts'
import {
  controllerReference,
  labelsOf,
  metaOf,
  nameOf,
  namespaceOf,
  specOf,
  uidOf,
  type KubeObject,
} from '../runtime/kube-object.ts'
import { BY_CONTROLLER } from '../runtime/pods.ts'
import { TYPES, type ResourceType } from '../runtime/resources.ts'
import { templateHash } from '../runtime/template-hash.ts'

/** Label of pods with the revision of the template they were made from. */
export const REVISION_LABEL = 'controller-revision-hash'

/** The stored templates of a StatefulSet or DaemonSet, oldest first. */
export function revisionsOf(context: ControllerContext, owner: KubeObject): readonly KubeObject[] {
  return context.cluster
    .cache(TYPES.controllerRevisions)
    .find(BY_CONTROLLER, uidOf(owner))
    .toSorted((left, right) => (numeric(left, 'revision') ?? 0) - (numeric(right, 'revision') ?? 0))
}

/** The ControllerRevision of the present template, made when it is not there, and moved to the end when it is old. */
export async function ensureRevision(
  context: ControllerContext,
  type: ResourceType,
  owner: KubeObject,
): Promise<KubeObject> {
  const template = child(specOf(owner), 'template') ?? {}
  const data = { spec: { template: { ...template, $patch: 'replace' } } }
  const all = revisionsOf(context, owner)
  const last = all.at(-1)
  const number = numeric(last, 'revision') ?? 0
  const equal = all.find((revision) => sameValue(revision['data'], data))
  if (equal !== undefined) {
    if (equal === last) return equal
    return context.cluster.update(TYPES.controllerRevisions, { ...equal, revision: number + 1 })
  }
  const hash = templateHash(template)
  return context.cluster.create(TYPES.controllerRevisions, {
    metadata: {
      name: `${nameOf(owner)}-${hash}`,
      namespace: namespaceOf(owner),
      labels: { ...labelsOf({ metadata: child(template, 'metadata') ?? {} }), [REVISION_LABEL]: hashName(owner, hash) },
      ownerReferences: [controllerReference(type, owner)],
    },
    data,
    revision: number + 1,
  })
}

/** Deletes the oldest revisions that no pod uses, beyond revisionHistoryLimit. */
export async function cleanRevisions(
  context: ControllerContext,
  owner: KubeObject,
  used: ReadonlySet<string>,
): Promise<void> {
  const limit = numeric(specOf(owner), 'revisionHistoryLimit') ?? 10
  const idle = revisionsOf(context, owner).filter((revision) => !used.has(nameOf(revision)))
  for (const revision of idle.slice(0, Math.max(0, idle.length - limit))) {
    await context.cluster.remove(TYPES.controllerRevisions, revision)
  }
}

/** The pod template that a revision holds. */
export function templateIn(revision: KubeObject): Draft {
  const { $patch: _patch, ...template } = child(child(child(revision, 'data'), 'spec'), 'template') ?? {}
  return template
}

/** The value of the revision label that pods of a revision carry. */
export function revisionLabelOf(revision: KubeObject): string {
  return labelsOf(revision)[REVISION_LABEL] ?? nameOf(revision)
}

/** Whether a pod was made from a revision. */
export function isOfRevision(pod: KubeObject, revision: KubeObject): boolean {
  return text(child(metaOf(pod), 'labels'), REVISION_LABEL) === revisionLabelOf(revision)
}

/** StatefulSets label their pods with the revision's name, DaemonSets with its hash alone. */
function hashName(owner: KubeObject, hash: string): string {
  return owner['kind'] === 'StatefulSet' ? `${nameOf(owner)}-${hash}` : hash
}
