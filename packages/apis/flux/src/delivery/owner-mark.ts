import { type OwnerMark } from '@kedge/engine'
import { type KubeObject } from '@kedge/manifest'

/** Label that names the owning Kustomization. */
export const nameLabel = 'kustomize.toolkit.fluxcd.io/name'
/** Label that names the owning Kustomization's namespace. */
export const namespaceLabel = 'kustomize.toolkit.fluxcd.io/namespace'

/** The mark of one Kustomization: its two labels (SPEC.md O1). */
export function kustomizationMark(owner: { readonly namespace: string; readonly name: string }): OwnerMark {
  return {
    stamp: (object) => withLabels(object, { [nameLabel]: owner.name, [namespaceLabel]: owner.namespace }),
    confirms: (live) => {
      const labels = live.metadata.labels ?? {}
      return labels[nameLabel] === owner.name && labels[namespaceLabel] === owner.namespace
    },
    ownerOf: describeOwner,
  }
}

function describeOwner(live: KubeObject): string | undefined {
  const labels = live.metadata.labels ?? {}
  const name = labels[nameLabel]
  return name === undefined ? undefined : `Kustomization/${labels[namespaceLabel] ?? ''}/${name}`
}

/** The object with labels set over its own. */
export function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  if (Object.keys(labels).length === 0) return object
  return { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } }
}

/** The object with annotations set over its own. */
export function withAnnotations(object: KubeObject, annotations: Readonly<Record<string, string>>): KubeObject {
  if (Object.keys(annotations).length === 0) return object
  const merged = { ...object.metadata.annotations, ...annotations }
  return { ...object, metadata: { ...object.metadata, annotations: merged } }
}
