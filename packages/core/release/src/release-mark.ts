import type { OwnerMark } from '@kedge/engine'
import type { KubeObject } from '@kedge/manifest'

const managedByLabel = 'app.kubernetes.io/managed-by'
const nameAnnotation = 'meta.helm.sh/release-name'
const namespaceAnnotation = 'meta.helm.sh/release-namespace'

/** How Helm marks what a release has, and recognises it. */
export function releaseMark(release: { readonly name: string; readonly namespace: string }): OwnerMark {
  return {
    stamp: (object) => ({
      ...object,
      metadata: {
        ...object.metadata,
        labels: { ...object.metadata.labels, [managedByLabel]: 'Helm' },
        annotations: {
          ...object.metadata.annotations,
          [nameAnnotation]: release.name,
          [namespaceAnnotation]: release.namespace,
        },
      },
    }),
    confirms: (live) => ownershipProblems(live, release).length === 0,
    ownerOf: ownerOf,
  }
}

function ownerOf(live: KubeObject): string | undefined {
  const { labels, annotations } = live.metadata
  const name = annotations?.[nameAnnotation]
  if (labels?.[managedByLabel] !== 'Helm' || name === undefined) return undefined
  return `release ${annotations?.[namespaceAnnotation] ?? ''}/${name}`
}

/** Why an object is none of a release's, in Helm's words; empty when it is. */
export function ownershipProblems(
  live: KubeObject,
  release: { readonly name: string; readonly namespace: string },
): readonly string[] {
  const { labels, annotations } = live.metadata
  return [
    problem('label', labels, [managedByLabel, 'Helm']),
    problem('annotation', annotations, [nameAnnotation, release.name]),
    problem('annotation', annotations, [namespaceAnnotation, release.namespace]),
  ].flatMap((text) => text ?? [])
}

function problem(
  what: string,
  values: Readonly<Record<string, string>> | undefined,
  [key, wanted]: readonly [string, string],
): string | undefined {
  const value = values?.[key]
  if (value === wanted) return undefined
  const text =
    value === undefined
      ? `missing key "${key}": must be set to "${wanted}"`
      : `key "${key}" must equal "${wanted}": current value is "${value}"`
  return `${what} validation error: ${text}`
}
