import { directoryCases } from './kustomize-directories.ts'
import type { CaseResult, SuiteContext } from './suite.ts'

const features: readonly (readonly [RegExp, string])[] = [
  [/^plugin-/, 'transformers and generators as files'],
  [/OpenApi|OpenAPI/, 'openapi'],
  [/Anno/, 'build metadata'],
  [/Component/, 'components'],
  [/Replacement/, 'replacements'],
  [/Var/, 'vars'],
  [/Generator|ConfigMap|Secret|Data/, 'generators'],
  [/Patch|JSON/, 'patches'],
  [/Namespace|Namespaced/, 'namespaces'],
  [/Prefix|Suffix|Name/, 'names and references'],
  [/Label|Annotation/, 'labels and annotations'],
  [/Crd|Transformer|Configuration|Image/, 'field specs'],
]

/** The cases of kustomize's own tests, against what its tests expect. */
export function kustomizeKrusty(context: SuiteContext): AsyncIterable<CaseResult> {
  return directoryCases(
    context,
    'kustomize-krusty',
    (id) => features.find(([pattern]) => pattern.test(id))?.[1] ?? 'bases and overlays',
  )
}
