import { buildFailure } from '../build-failure.ts'
import type { FieldSpec } from '../config/transformer-config.ts'
import { formatGvk, isSelected } from '../model/identity.ts'
import type { ReplicaSpec } from '../model/kustomization.ts'
import { editField, scalarSetter } from '../nodes/field-spec.ts'
import type { Transformer } from './transformer.ts'

/** Sets the number of replicas of the objects with a name. */
export function replicaTransformer(replica: ReplicaSpec, fieldSpecs: readonly FieldSpec[]): Transformer {
  const name = replica.name ?? ''
  const edit = {
    set: scalarSetter(String(replica.count ?? 0), '!!int'),
    create: { kind: 'scalar', tag: '!!int' },
  } as const
  return (resources) => {
    let found = false
    for (const spec of fieldSpecs) {
      for (const resource of resources.byAnyId((id) => id.name === name && isSelected(id, spec))) {
        found = true
        resource.change((node) => editField(node, spec, edit))
      }
    }
    if (found) return
    const kinds = fieldSpecs.map(formatGvk).join(' ')
    throw buildFailure(
      'kustomize-transform',
      `resource with name ${name} does not match a config with the following GVK [${kinds}]`,
    )
  }
}
