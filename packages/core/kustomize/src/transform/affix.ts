import { buildFailure } from '../build-failure.ts'
import type { FieldSpec } from '../config/transformer-config.ts'
import { isSelected, type Gvk } from '../model/identity.ts'
import type { Resource } from '../model/resource.ts'
import { editField, wrongKind } from '../nodes/field-spec.ts'
import { plainScalar, type YamlNode } from '@kedge/yaml'
import type { Transformer } from './transformer.ts'

/** Kinds whose names are never changed. */
const spared: readonly Partial<Gvk>[] = [
  { kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', kind: 'APIService' },
  { kind: 'Namespace' },
]

export interface AffixOptions {
  readonly where: 'prefix' | 'suffix'
  readonly text: string
  readonly fieldSpecs: readonly FieldSpec[] | undefined
}

/** Puts a text before or after names. */
export function affixTransformer(options: AffixOptions): Transformer {
  const { fieldSpecs, text, where } = options
  if (fieldSpecs === undefined) throw buildFailure('kustomize-invalid', 'fieldSpecs is not expected to be nil')
  const set = (node: YamlNode): YamlNode => {
    if (node.kind !== 'scalar') throw wrongKind('scalar', node)
    const value = where === 'prefix' ? text + node.value : node.value + text
    return { ...plainScalar(value), style: node.style, line: node.line }
  }
  return (resources) => {
    for (const resource of resources.list) {
      const id = resource.originalId
      if (spared.some((kind) => isSelected(id, kind))) continue
      for (const spec of fieldSpecs) {
        if (!isSelected(id, spec)) continue
        if (spec.path === 'metadata/name' && text !== '') rememberAffix(resource, options)
        resource.change((node) => editField(node, spec, { set, create: { kind: 'scalar', tag: '!!str' } }))
      }
    }
  }
}

function rememberAffix(resource: Resource, { where, text }: AffixOptions): void {
  const field = where === 'prefix' ? 'prefixes' : 'suffixes'
  resource.trail = { ...resource.trail, [field]: [...resource.trail[field], text] }
  resource.rememberName()
}
