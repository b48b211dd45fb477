import { plainScalar, type MapNode, type ScalarNode, type YamlNode } from '@kedge/yaml'
import type { FieldSpec } from '../config/transformer-config.ts'
import type { ImageSpec } from '../model/kustomization.ts'
import { editFields, wrongKind } from '../nodes/field-spec.ts'
import { fieldOf, isNull, putField } from '../nodes/node-access.ts'
import { compileGoRegexp } from '../select/go-regexp.ts'
import type { Transformer } from './transformer.ts'

/** Changes the name, tag or digest of images. */
export function imageTransformer(image: ImageSpec, fieldSpecs: readonly FieldSpec[]): Transformer {
  const set = imageSetter(image)
  return (resources) => {
    for (const resource of resources.list) {
      if (resource.kind === 'CustomResourceDefinition') continue
      resource.change((node) => editFields(editContainers(node, set) as MapNode, fieldSpecs, { set }))
    }
  }
}

function imageSetter(image: ImageSpec): (node: YamlNode) => YamlNode {
  const pattern = compileGoRegexp(`^${image.name ?? ''}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`)
  return (node) => {
    if (node.kind !== 'scalar') throw wrongKind('scalar', node)
    if (!pattern.test(node.value)) return node
    const value = renameImage(node.value, image)
    return value === node.value ? node : withText(node, value)
  }
}

function withText(node: ScalarNode, value: string): YamlNode {
  return { ...plainScalar(value), style: node.style, line: node.line }
}

function renameImage(text: string, image: ImageSpec): string {
  const old = splitImage(text)
  const name = image.newName === undefined || image.newName === '' ? old.name : image.newName
  const { tag, digest } = chooseTag(old, image)
  return `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`
}

function chooseTag(old: ImageParts, image: ImageSpec): { tag: string; digest: string } {
  const { newTag = '', digest = '', tagSuffix = '' } = image
  if (newTag !== '') return { tag: newTag, digest }
  if (digest !== '') return { tag: '', digest }
  if (tagSuffix !== '') return { tag: old.tag + tagSuffix, digest: '' }
  return old
}

interface ImageParts {
  readonly name: string
  readonly tag: string
  readonly digest: string
}

/** Splits a reference; a colon before the first slash belongs to the registry's port. */
function splitImage(text: string): ImageParts {
  const slash = Math.max(text.indexOf('/'), 0)
  const colon = text.indexOf(':', slash)
  const at = text.indexOf('@', slash)
  if (at >= 0 && (at < colon || colon < 0)) return { name: text.slice(0, at), tag: '', digest: text.slice(at + 1) }
  if (colon < 0) return { name: text, tag: '', digest: '' }
  if (at < 0) return { name: text.slice(0, colon), tag: text.slice(colon + 1), digest: '' }
  return { name: text.slice(0, colon), tag: text.slice(colon + 1, at), digest: text.slice(at + 1) }
}

/** Treats the images of every `containers` and `initContainers` list, wherever it is. */
function editContainers(node: YamlNode, set: (node: YamlNode) => YamlNode): YamlNode {
  if (node.kind === 'seq') {
    const items = node.items.map((item) => editContainers(item, set))
    return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
  }
  if (node.kind !== 'map') return node
  let changed = false
  const entries = node.entries.map((entry) => {
    const inner = editContainers(entry.value, set)
    const value = isContainerKey(entry.key) ? editImages(inner, set) : inner
    if (value === entry.value) return entry
    changed = true
    return { key: entry.key, value }
  })
  return changed ? { ...node, entries } : node
}

function isContainerKey(key: YamlNode): boolean {
  return key.kind === 'scalar' && (key.value === 'containers' || key.value === 'initContainers')
}

function editImages(node: YamlNode, set: (node: YamlNode) => YamlNode): YamlNode {
  if (node.kind !== 'seq') return node
  const items = node.items.map((item) => {
    if (isNull(item)) return item
    if (item.kind !== 'map') throw wrongKind('map', item)
    const image = fieldOf(item, 'image')
    if (image === undefined) return item
    const edited = set(image)
    return edited === image ? item : putField(item, 'image', edited)
  })
  return items.every((item, index) => item === node.items[index]) ? node : { ...node, items }
}
