import type { MapNode } from '@kedge/yaml'
import { wrapFailure } from '../build-failure.ts'
import { mergeNodes } from '../merge/merge-nodes.ts'
import type { Schemas } from '../merge/schema.ts'
import { formatId } from '../model/identity.ts'
import { NO_TRAIL, type Resource } from '../model/resource.ts'
import { fieldAt, fieldOf, isNull, textOf } from '../nodes/node-access.ts'

/** Applies a patch to one object; false when the patch deletes it. */
export function applyStrategicMerge(target: Resource, patch: Resource, schemas: Schemas): boolean {
  const { name, namespace, kind } = target
  const { nameChangeAllowed, kindChangeAllowed } = patch.trail
  if (nameChangeAllowed || kindChangeAllowed) target.rememberName()
  if (replacesNothing(patch.node)) return true
  const merged = merge(target, patch, schemas)
  if (merged?.kind !== 'map' || merged.entries.length === 0) return false
  target.node = merged
  if (dropsAnnotations(patch.node)) target.trail = NO_TRAIL
  if (!kindChangeAllowed) target.setKind(kind)
  if (!nameChangeAllowed) target.setName(name)
  target.setNamespace(namespace)
  return true
}

function merge(target: Resource, patch: Resource, schemas: Schemas): ReturnType<typeof mergeNodes> {
  try {
    return mergeNodes(target.node, patch.node, { schemas, prepend: true })
  } catch (error) {
    throw wrapFailure(error, `patching ${formatId(target.id)}`, patch.origin)
  }
}

/** kustomize loses what a patch puts in the place of a whole object, and keeps the object as it was. */
function replacesNothing(patch: MapNode): boolean {
  return textOf(fieldOf(patch, '$patch')) === 'replace'
}

/** Whether a patch empties the annotations, where kustomize keeps its own notes. */
function dropsAnnotations(patch: MapNode): boolean {
  const places = [fieldOf(patch, 'metadata'), fieldAt(patch, ['metadata', 'annotations'])]
  return places.some((place) => {
    if (place === undefined) return false
    const directive = textOf(fieldOf(place, '$patch'))
    return isNull(place) || directive === 'replace' || directive === 'delete'
  })
}

/** A patch made ready for a target that a selector found: it takes over the target's kind and version. */
export function patchFor(patch: Resource, target: Resource): Resource {
  const copy = patch.copy()
  copy.setLabels(patch.labels)
  copy.setAnnotations(patch.annotations)
  copy.setName(patch.name)
  copy.setNamespace(patch.namespace)
  copy.setApiVersion(target.apiVersion)
  copy.setKind(patch.kind)
  return copy
}
