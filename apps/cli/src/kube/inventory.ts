import { parseInventoryId } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

/** One object that a reconciled object brought to the cluster. */
export interface InventoryItem {
  readonly group: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

/** What an object says it brought: Flux's `status.inventory` or Argo CD's `status.resources`; empty when neither is there. */
export function inventoryOf(object: KubeObject): readonly InventoryItem[] {
  const status = object['status'] as
    | {
        readonly inventory?: { readonly entries?: readonly { readonly id: string }[] }
        readonly resources?: readonly Partial<InventoryItem>[]
      }
    | undefined
  const entries = status?.inventory?.entries
  if (entries !== undefined) return entries.flatMap(({ id }) => parseInventoryId(id) ?? [])
  return (status?.resources ?? []).map(({ group = '', kind = '', namespace = '', name = '' }) => ({
    group,
    kind,
    namespace,
    name,
  }))
}
