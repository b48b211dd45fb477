import { buildFailure } from '../build-failure.ts'
import { gvkSortText, kindRanks, legacyOrder } from '../config/transformer-config.ts'
import { formatGvk, sameGvk, type ResId } from '../model/identity.ts'
import type { SortOptions } from '../model/kustomization.ts'
import { compareText } from '../nodes/node-access.ts'
import type { Transformer } from './transformer.ts'

/** Orders the objects: `fifo` leaves them as they came, `legacy` sorts by kind, then by name. */
export function sortTransformer(options: SortOptions | undefined): Transformer {
  const order = options?.order ?? (options === undefined ? 'fifo' : '')
  if (order !== 'fifo' && order !== 'legacy') {
    throw buildFailure('kustomize-invalid', "the field 'sortOptions.order' must be one of [fifo, legacy]")
  }
  const legacy = options?.legacySortOptions
  if (order === 'fifo') {
    if (legacy === undefined) return () => {}
    throw buildFailure(
      'kustomize-invalid',
      "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
    )
  }
  const ranks = kindRanks(
    legacy === undefined ? legacyOrder : { first: legacy.orderFirst ?? [], last: legacy.orderLast ?? [] },
  )
  return (resources) => {
    const keyed = resources.list.map((resource) => ({ resource, id: resource.id }))
    keyed.sort((a, b) => compareIds(a.id, b.id, ranks))
    resources.list = keyed.map(({ resource }) => resource)
  }
}

function compareIds(a: ResId, b: ResId, ranks: ReadonlyMap<string, number>): number {
  if (sameGvk(a, b)) return compareText(nameText(a), nameText(b))
  const difference = (ranks.get(a.kind) ?? 0) - (ranks.get(b.kind) ?? 0)
  if (difference !== 0) return difference
  const byText = compareText(gvkSortText(a), gvkSortText(b))
  const coreNamespaceFirst = a.kind === 'Namespace' && b.kind === 'Namespace' && (a.group === '' || b.group === '')
  return coreNamespaceFirst ? -byText : byText
}

function nameText(id: ResId): string {
  return `${formatGvk(id)}|${id.namespace || '~X'}|${id.name || '~N'}`
}
