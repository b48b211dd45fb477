import { FailureError, fail, ok, type Result } from '@kedge/base'
import { splitManifests } from '@kedge/helm'
import type { KubeObject } from '@kedge/manifest'
import { parseYaml } from '@kedge/yaml'

/** An object of a manifest and the template it came from. */
export interface ManifestObject {
  readonly object: KubeObject
  readonly origin: { readonly file: string }
}

/** The objects of a stored manifest or hook, lists taken apart. Fails on what is no object. */
export function readManifest(text: string): Result<readonly ManifestObject[]> {
  const objects: ManifestObject[] = []
  for (const document of splitManifests(text, 'blank-lines-kept')) {
    const origin = { file: /^# Source: (.+)$/m.exec(document)?.[1] ?? 'manifest' }
    try {
      const value = parseYaml(document)
      if (value === null || value === undefined) continue
      objects.push(...itemsOf(asObject(value, origin.file)).map((object) => ({ object, origin })))
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      return fail({ ...error.failure, origin })
    }
  }
  return ok(objects)
}

function asObject(value: unknown, file: string): KubeObject {
  const object = value as Partial<KubeObject>
  const isComplete =
    typeof value === 'object' && typeof object.apiVersion === 'string' && typeof object.kind === 'string'
  if (!isComplete) {
    const message = 'the document is no Kubernetes object: it has no apiVersion and kind'
    throw new FailureError({ code: 'NotAnObject', message, origin: { file } })
  }
  // The API server checks the rest.
  return { ...object, metadata: object.metadata ?? {} } as KubeObject
}

function itemsOf(object: KubeObject): readonly KubeObject[] {
  const items = object['items']
  return object.kind.endsWith('List') && Array.isArray(items) ? (items as readonly KubeObject[]) : [object]
}
