import type { KubeObject } from '@kedge/manifest'

/** An object without what says when it runs and not what it does: dependencies, suspension, its own deletion. */
export function alone(object: KubeObject): KubeObject {
  const { dependsOn: _dependsOn, suspend: _suspend, ...spec } = (object['spec'] ?? {}) as Record<string, unknown>
  const { deletionTimestamp: _deletionTimestamp, ...metadata } = object.metadata
  return { ...object, metadata, spec }
}
