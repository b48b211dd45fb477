import { type ObjectKey } from '@kedge/manifest'

/** Writes `<namespace>_<name>_<group>_<kind>`; a colon in a name (RBAC) becomes two underscores. */
export function formatInventoryId(key: ObjectKey): string {
  return `${key.namespace}_${key.name.replaceAll(':', '__')}_${key.group}_${key.kind}`
}

/** Reads an id back; undefined when it has not four parts. */
export function parseInventoryId(id: string): ObjectKey | undefined {
  const first = id.indexOf('_')
  const last = id.lastIndexOf('_')
  const beforeLast = id.lastIndexOf('_', last - 1)
  if (first < 0 || beforeLast <= first) return undefined
  const name = id.slice(first + 1, beforeLast).replaceAll('__', ':')
  const kind = id.slice(last + 1)
  if (name === '' || kind === '') return undefined
  return { namespace: id.slice(0, first), name, group: id.slice(beforeLast + 1, last), kind }
}
