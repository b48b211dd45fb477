import type { MapNode, SeqNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import { fieldOf, removeField, textOf } from '../nodes/node-access.ts'
import { setElement } from './element-list.ts'

const KEY = '$patch'

/** What a patch says about a whole map or list, and the patch without saying it. */
export interface Directive {
  readonly what: 'merge' | 'replace' | 'delete'
  readonly rest: MapNode | SeqNode
}

/** Reads `$patch` of a map, or of the member of a list that holds nothing else. */
export function takeDirective(patch: MapNode | SeqNode): Directive {
  if (patch.kind === 'map') {
    const value = fieldOf(patch, KEY)
    if (value === undefined) return { what: 'merge', rest: patch }
    return { what: checked(textOf(value), value.line), rest: removeField(patch, KEY) }
  }
  const element = patch.items.find((item) => fieldOf(item, KEY) !== undefined)
  if (element?.kind !== 'map' || element.entries.length > 1) return { what: 'merge', rest: patch }
  const text = textOf(fieldOf(element, KEY))
  const what = checked(text, element.line)
  return { what, rest: { ...patch, items: setElement(patch.items, undefined, { keys: [KEY], values: [text] }) } }
}

function checked(text: string, line: number): Directive['what'] {
  if (text === 'merge' || text === 'replace' || text === 'delete') return text
  const place = line > 0 ? ` at line ${line}` : ''
  throw buildFailure('kustomize-patch', `unknown patch strategy '${text}'${place}`)
}
