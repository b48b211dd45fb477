import { type OwnerMark } from '@kedge/engine'
import { parseApiVersion, type KubeObject } from '@kedge/manifest'

export const trackingAnnotation = 'argocd.argoproj.io/tracking-id'
/** The namespace of applications whose name alone tells them apart. */
export const controlNamespace = 'argocd'

/** How an application is named in the marks of its objects (SPEC.md TRK2). */
export function instanceName(application: { readonly namespace: string; readonly name: string }): string {
  return application.namespace === controlNamespace ? application.name : `${application.namespace}_${application.name}`
}

/** The tracking id of one object (SPEC.md TRK3). */
export function trackingId(instance: string, object: KubeObject, defaultNamespace: string): string {
  const { group } = parseApiVersion(object.apiVersion)
  const namespace = object.metadata.namespace || defaultNamespace
  return `${instance}:${group}/${object.kind}:${namespace}/${object.metadata.name ?? ''}`
}

/** The parts of a tracking id; undefined when the text is none. */
export function parseTrackingId(
  text: string,
): { readonly instance: string; readonly kind: string; readonly name: string } | undefined {
  const match = /^([^:]+):([^:/]*)\/([^:]+):([^/]*)\/(.+)$/.exec(text)
  if (match === null) return undefined
  const [, instance = '', group = '', kind = '', namespace = '', name = ''] = match
  return { instance, kind: `${group}/${kind}`, name: `${namespace}/${name}` }
}

/**
 * The mark of one application: an annotation that names the object itself. A copy of it on another object, as operators
 * make them, confirms nothing (SPEC.md TRK4).
 */
export function applicationMark(instance: string, defaultNamespace: string): OwnerMark {
  return {
    stamp(object) {
      const annotations = {
        ...object.metadata.annotations,
        [trackingAnnotation]: trackingId(instance, object, defaultNamespace),
      }
      return { ...object, metadata: { ...object.metadata, annotations } }
    },
    confirms: (live) =>
      live.metadata.annotations?.[trackingAnnotation] === trackingId(instance, live, defaultNamespace),
    ownerOf(live) {
      const id = parseTrackingId(live.metadata.annotations?.[trackingAnnotation] ?? '')
      return id === undefined ? undefined : `Application/${id.instance}`
    },
  }
}
