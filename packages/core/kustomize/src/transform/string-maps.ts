import type { FieldSpec } from '../config/transformer-config.ts'
import { editFields, entrySetter } from '../nodes/field-spec.ts'
import { sortedKeys } from '../nodes/node-access.ts'
import type { Transformer } from './transformer.ts'

/** Sets entries of maps of strings: labels, selectors, annotations. */
export function entriesTransformer(
  entries: Readonly<Record<string, string>>,
  fieldSpecs: readonly FieldSpec[],
): Transformer {
  const edits = sortedKeys(entries).map((key) => entrySetter(key, entries[key] ?? ''))
  return (resources) => {
    for (const resource of resources.list) {
      for (const set of edits) {
        resource.node = editFields(resource.node, fieldSpecs, { set, create: { kind: 'map', tag: '!!map' } })
      }
    }
  }
}
