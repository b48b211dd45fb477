import { type KubeObject } from '@kedge/manifest'

import { type GeneratedArtifact } from '../reconcile/effects.ts'
import { isRecord } from '../spec/field-reader.ts'
import { readConditions, setConditions } from '../status/conditions.ts'
import { type ArtifactGeneratorSpec } from './artifact-generator-spec.ts'
import { artifactStatus } from './source-status.ts'

/** Label of an ExternalArtifact that holds the UID of its ArtifactGenerator. */
export const generatorLabel = 'source.extensions.fluxcd.io/generator'

/** An ExternalArtifact as it is to be applied, and its status. */
export interface ExternalWrite {
  readonly object: KubeObject
  readonly status: Readonly<Record<string, unknown>>
}

/** The ExternalArtifact of a generated artifact. Common metadata goes first, then captures, then what marks the owner. */
export function externalArtifactOf(
  made: GeneratedArtifact,
  input: {
    readonly generator: KubeObject
    readonly found: KubeObject | undefined
    readonly metadata: ArtifactGeneratorSpec['commonMetadata']
    readonly now: string
  },
): ExternalWrite {
  const { generator, found, metadata } = input
  const { namespace = '', name = '', uid = '' } = generator.metadata
  const labels = {
    ...metadata.labels,
    ...made.labels,
    'app.kubernetes.io/managed-by': 'source-watcher',
    [generatorLabel]: uid,
  }
  const object: KubeObject = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'ExternalArtifact',
    metadata: {
      name: made.name,
      namespace,
      labels,
      ...(Object.keys(metadata.annotations).length === 0 ? {} : { annotations: metadata.annotations }),
    },
    spec: { sourceRef: { apiVersion: generator.apiVersion, kind: generator.kind, name, namespace } },
  }
  const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', message: 'Artifact is ready' } as const
  const generation = found?.metadata.generation ?? 1
  return {
    object,
    status: {
      artifact: artifactStatus(found ?? object, { ...made.artifact, metadata: made.metadata }, input.now),
      conditions: setConditions(readConditions(found?.['status']), [ready], { generation, now: input.now }),
    },
  }
}

/** Whether a stored ExternalArtifact says all that is wanted of it. */
export function matchesExternal(found: KubeObject, { object, status }: ExternalWrite): boolean {
  const { labels, annotations } = found.metadata
  return (
    includes(labels ?? {}, object.metadata.labels ?? {}) &&
    includes(annotations ?? {}, object.metadata.annotations ?? {}) &&
    includes(found['spec'], object['spec']) &&
    includes(found['status'], status)
  )
}

/** Whether an ExternalArtifact is one generator's: by its UID, or, after a restore, by what its spec refers to. */
export function isOfGenerator(external: KubeObject, generator: KubeObject): boolean {
  const { namespace, name, uid } = generator.metadata
  if (external.metadata.namespace !== namespace) return false
  const label = external.metadata.labels?.[generatorLabel]
  if (label === undefined) return false
  return label === uid || sourceRefName(external) === name
}

/** The name of the ArtifactGenerator that an ExternalArtifact says it is of; undefined when it says none. */
export function generatorOf(external: KubeObject): string | undefined {
  return external.metadata.labels?.[generatorLabel] === undefined ? undefined : sourceRefName(external)
}

function sourceRefName(external: KubeObject): string | undefined {
  const spec = external['spec']
  const ref = isRecord(spec) ? spec['sourceRef'] : undefined
  if (!isRecord(ref) || ref['kind'] !== 'ArtifactGenerator') return undefined
  return typeof ref['name'] === 'string' ? ref['name'] : undefined
}

function includes(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return Array.isArray(found) && found.length === wanted.length && wanted.every((one, at) => includes(found[at], one))
  if (isRecord(wanted))
    return isRecord(found) && Object.entries(wanted).every(([key, one]) => includes(found[key], one))
  return found === wanted
}
