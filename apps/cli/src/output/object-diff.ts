import type { KubeObject } from '@kedge/manifest'
import { printYaml } from '@kedge/yaml'
import { structuredPatch } from 'diff'
import type { Paint } from '../io.ts'

const serverFields = ['managedFields', 'resourceVersion', 'uid', 'creationTimestamp', 'generation', 'selfLink']

/** Two states of an object as a unified diff of their YAML; what the server keeps for itself is left out, Secret values are masked. */
export function diffObjects(live: KubeObject | undefined, next: KubeObject, paint: Paint): string {
  const [before, after] = maskSecrets(live === undefined ? undefined : bare(live), bare(next))
  const patch = structuredPatch(
    'live',
    'desired',
    before === undefined ? '' : printYaml(before),
    printYaml(after),
    '',
    '',
    { context: 3 },
  )
  return patch.hunks
    .map((hunk) => {
      const head = paint('dim', `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`)
      const lines = hunk.lines
        .filter((line) => !line.startsWith('\\'))
        .map((line) => (line.startsWith('+') ? paint('green', line) : line.startsWith('-') ? paint('red', line) : line))
      return `${[head, ...lines].join('\n')}\n`
    })
    .join('')
}

/** The object without status and without the metadata that the server writes. */
function bare(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object
  const metadata = Object.fromEntries(
    Object.entries(object.metadata).filter(([field]) => !serverFields.includes(field)),
  )
  return { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata }
}

/** Values of Secrets become words that tell only whether they are the same on both sides. */
function maskSecrets(before: KubeObject | undefined, after: KubeObject): readonly [KubeObject | undefined, KubeObject] {
  if (after.kind !== 'Secret' || after.apiVersion !== 'v1') return [before, after]
  const old = valuesOf(before)
  const mask = (values: Readonly<Record<string, unknown>>, side: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        old[key] === value || side === 'before' ? '*****' : '***** (changed)',
      ]),
    )
  const masked = (object: KubeObject, side: string): KubeObject => {
    const { stringData: _stringData, ...rest } = object
    return {
      ...rest,
      apiVersion: object.apiVersion,
      kind: object.kind,
      metadata: withoutLastApplied(object),
      data: mask(valuesOf(object), side),
    }
  }
  return [before === undefined ? undefined : masked(before, 'before'), masked(after, 'after')]
}

function valuesOf(object: KubeObject | undefined): Readonly<Record<string, unknown>> {
  return { ...recordOf(object?.['data']), ...recordOf(object?.['stringData']) }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** kubectl keeps a copy of the whole Secret in an annotation. */
function withoutLastApplied(object: KubeObject): KubeObject['metadata'] {
  const { annotations = {}, ...metadata } = object.metadata
  const { 'kubectl.kubernetes.io/last-applied-configuration': _copy, ...others } = annotations
  return Object.keys(others).length === 0 ? metadata : { ...metadata, annotations: others }
}
