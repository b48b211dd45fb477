import { stringScalar } from '@kedge/yaml'
import type { FieldSpec } from '../config/transformer-config.ts'
import { editFields, entrySetter } from '../nodes/field-spec.ts'
import { sortedKeys } from '../nodes/node-access.ts'
import type { Transformer } from './transformer.ts'

/** Sets entries of maps of strings: labels, selectors, annotations. */
export function entriesTransformer(
  entries: Readonly<Record<string, string>>,
  fieldSpecs: readonly FieldSpec[],
): Transformer {
  const keys = sortedKeys(entries)
  const paths = [...new Set(fieldSpecs.map(({ path }) => path))]
  return (resources) => {
    for (const resource of resources.list) {
      for (const key of keys) {
        const node = stringScalar(entries[key] ?? '')
        const edit = { set: entrySetter(key, node), create: { kind: 'map', tag: '!!map' } } as const
        resource.change((before) => editFields(before, fieldSpecs, edit))
        resource.share({ key, paths, node })
      }
    }
  }
}
