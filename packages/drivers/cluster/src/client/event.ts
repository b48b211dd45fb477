import type { KubeObject } from '@kedge/manifest'

/** What an event says. */
export interface EventInput {
  /** The object concerned. */
  readonly about: KubeObject
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, for machines. */
  readonly reason: string
  /** For people; cut at 1,024 bytes as the server demands. */
  readonly message: string
  /** The component that reports: `kustomize-controller`. */
  readonly reporter: string
  readonly annotations?: Readonly<Record<string, string>>
}

const maxMessageBytes = 1024

/** The v1 Event object of an input. Its name is unique by time and chance, as client-go makes it. */
export function eventObject(input: EventInput, at: { nowMs: number; random: number }): KubeObject {
  const { metadata } = input.about
  const namespace = metadata.namespace ?? 'default'
  // Kubernetes keeps seconds here.
  const time = new Date(at.nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const suffix = (at.nowMs * 1_000_000 + Math.floor(at.random * 1_000_000)).toString(16)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${(metadata.name ?? 'unnamed').slice(0, 230)}.${suffix}`,
      namespace,
      ...(input.annotations === undefined ? {} : { annotations: input.annotations }),
    },
    involvedObject: {
      apiVersion: input.about.apiVersion,
      kind: input.about.kind,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.name === undefined ? {} : { name: metadata.name }),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
    },
    type: input.type,
    reason: input.reason,
    message: cut(input.message, maxMessageBytes),
    source: { component: input.reporter },
    reportingComponent: input.reporter,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
}

/** At most so many bytes of UTF-8, never ending inside a character. */
function cut(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= maxBytes) return text
  return new TextDecoder().decode(bytes.subarray(0, maxBytes - 3)).replace(/\uFFFD+$/, '') + '…'
}
