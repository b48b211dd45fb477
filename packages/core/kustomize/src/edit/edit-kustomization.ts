import type { FileTree } from '@kedge/tree'
import { joinPath } from '../load/loader.ts'
import type { ImageSpec, Kustomization, LabelSpec, PatchSpec, ReplicaSpec } from '../model/kustomization.ts'

/** Changes that whoever asks for a build makes to the kustomization at its top. */
export interface KustomizationEdits {
  /** Replaces the namespace. */
  readonly namespace?: string
  readonly namePrefix?: string
  readonly nameSuffix?: string
  /** Added after those of the file. */
  readonly patches?: readonly PatchSpec[]
  /** Added; one of the same name changes the entry of the file instead. */
  readonly images?: readonly ImageSpec[]
  /** Added; one of the same name replaces the entry of the file. */
  readonly replicas?: readonly ReplicaSpec[]
  /** Added after those of the file; relative paths. */
  readonly components?: readonly string[]
  readonly labels?: readonly LabelSpec[]
  readonly commonLabels?: Readonly<Record<string, string>>
  readonly commonAnnotations?: Readonly<Record<string, string>>
  readonly buildMetadata?: readonly string[]
}

/** The fields of a kustomization with edits made, as Flux merges the spec of its own kind into the file. */
export function editKustomization(fields: Kustomization, edits: KustomizationEdits): Kustomization {
  const { namespace, namePrefix, nameSuffix } = edits
  return {
    ...fields,
    ...(isSet(namespace) ? { namespace } : {}),
    ...(isSet(namePrefix) ? { namePrefix } : {}),
    ...(isSet(nameSuffix) ? { nameSuffix } : {}),
    ...appended('patches', fields.patches, edits.patches),
    ...appended('components', fields.components, edits.components),
    ...appended('labels', fields.labels, edits.labels),
    ...appended('buildMetadata', fields.buildMetadata, newOnly(fields.buildMetadata, edits.buildMetadata)),
    ...(edits.images === undefined ? {} : { images: edits.images.reduce(mergeImage, fields.images ?? []) }),
    ...(edits.replicas === undefined ? {} : { replicas: edits.replicas.reduce(mergeReplica, fields.replicas ?? []) }),
    ...joined('commonLabels', fields.commonLabels, edits.commonLabels),
    ...joined('commonAnnotations', fields.commonAnnotations, edits.commonAnnotations),
  }
}

/** Those components of a list that are there; Flux leaves the others out when `ignoreMissingComponents` is set. */
export function existingComponents(tree: FileTree, folder: string, components: readonly string[]): readonly string[] {
  return components.filter((path) => tree.kindOf(joinPath(folder, path)) === 'directory')
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}

function appended<T>(name: string, own: readonly T[] | undefined, added: readonly T[] | undefined): object {
  return added === undefined || added.length === 0 ? {} : { [name]: [...(own ?? []), ...added] }
}

function newOnly(own: readonly string[] | undefined, added: readonly string[] | undefined): readonly string[] {
  return (added ?? []).filter((name) => own?.includes(name) !== true)
}

function joined(
  name: string,
  own: Readonly<Record<string, string>> | undefined,
  added: Readonly<Record<string, string>> | undefined,
): object {
  return added === undefined || Object.keys(added).length === 0 ? {} : { [name]: { ...own, ...added } }
}

/** A new name is merged in; tag and digest are one choice, so that setting either clears the other. */
function mergeImage(images: readonly ImageSpec[], added: ImageSpec): readonly ImageSpec[] {
  const index = images.findIndex((image) => image.name === added.name)
  const old = images[index]
  if (old === undefined) return [...images, added]
  const { newTag: oldTag, digest: oldDigest, ...rest } = old
  const choosesVersion = isSet(added.newTag) || isSet(added.digest)
  const kept = {
    ...(oldTag === undefined ? {} : { newTag: oldTag }),
    ...(oldDigest === undefined ? {} : { digest: oldDigest }),
  }
  const chosen = {
    ...(isSet(added.newTag) ? { newTag: added.newTag } : {}),
    ...(isSet(added.digest) ? { digest: added.digest } : {}),
  }
  const merged = {
    ...rest,
    ...(isSet(added.newName) ? { newName: added.newName } : {}),
    ...(isSet(added.tagSuffix) ? { tagSuffix: added.tagSuffix } : {}),
    ...(choosesVersion ? chosen : kept),
  }
  return images.with(index, merged)
}

function mergeReplica(replicas: readonly ReplicaSpec[], added: ReplicaSpec): readonly ReplicaSpec[] {
  const index = replicas.findIndex((replica) => replica.name === added.name)
  return index < 0 ? [...replicas, added] : replicas.with(index, added)
}
