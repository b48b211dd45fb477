import { digestText } from '@kedge/engine'
import { compareBytewise } from '@kedge/gotemplate'
import { printGoJson, type GoJson } from '@kedge/helm'
import { printYaml } from '@kedge/yaml'

import { type CommonMetadata, type Selector } from '../spec/kustomization.ts'
import { type PostRenderer } from './spec.ts'

/** Values as plain data. */
export type Values = Readonly<Record<string, unknown>>

/** `sha256:<hex>` of values as YAML with sorted keys; no values and empty ones digest as nothing (SPEC.md HV5). */
export function digestValues(values: Values | undefined): string {
  const isEmpty = values === undefined || Object.keys(values).length === 0
  return digestText(isEmpty ? '' : printYaml(values, compareBytewise))
}

/** Digest of the post-renderers as the spec has them; empty where it has none (SPEC.md HV6). */
export function digestPostRenderers(renderers: readonly PostRenderer[] | undefined): string {
  return renderers === undefined ? '' : digestGo(renderers.map(encodeRenderer))
}

/** Digest of the common metadata as the spec has it; empty where it has none (SPEC.md HV6). */
export function digestCommonMetadata(metadata: CommonMetadata | undefined): string {
  if (metadata === undefined) return ''
  const { annotations, labels } = metadata
  return digestGo(struct([...filled('annotations', annotations), ...filled('labels', labels)]))
}

/** Go's encoder ends every value with a line feed. */
function digestGo(value: GoJson): string {
  return digestText(`${printGoJson(value)}\n`)
}

function encodeRenderer({ kustomize }: PostRenderer): GoJson {
  if (kustomize === undefined) return struct([])
  const patches = kustomize.patches.map(({ patch, target }) =>
    struct([['patch', patch], ...(target === undefined ? [] : [['target', encodeSelector(target)] as const])]),
  )
  const images = kustomize.images.map(({ name, newName, newTag, digest }) =>
    struct([['name', name], ...filled('newName', newName), ...filled('newTag', newTag), ...filled('digest', digest)]),
  )
  return struct([['kustomize', struct([...filled('patches', patches), ...filled('images', images)])]])
}

const selectorFields = ['group', 'version', 'kind', 'namespace', 'name', 'annotationSelector', 'labelSelector'] as const

function encodeSelector(selector: Selector): GoJson {
  return struct(selectorFields.flatMap((name) => filled(name, selector[name])))
}

type Field = readonly [string, GoJson]

function struct(fields: readonly Field[]): GoJson {
  return new Map(fields)
}

function filled(name: string, value: GoJson | undefined): readonly Field[] {
  if (value === undefined || value === null || value === '') return []
  return typeof value === 'object' && Object.keys(value).length === 0 ? [] : [[name, value]]
}
