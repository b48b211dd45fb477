import { unionFields } from '@kedge/fields'
import { ownerKey, timeOf, type Owner, type Owners } from './owners.ts'

/** More than this many entries of updates are not kept; the real server's bound. */
const maxUpdaters = 10

/** The name under which the entries of the oldest updates are kept together, one for each version. */
const bucketName = 'ancient-changes'

/** Folds the oldest update entries into one bucket for each version until no more than ten are left. */
export function capUpdaters(owners: Owners): Owners {
  const updaters = [...owners]
    .filter(([, owner]) => owner.operation === 'Update')
    .toSorted(([keyA, a], [keyB, b]) => timeOf(a) - timeOf(b) || (keyA < keyB ? -1 : 1))
  if (updaters.length <= maxUpdaters) return owners
  const out = new Map(owners)
  const firstOfVersion = new Map<string, string>()
  let left = updaters.length
  for (const [key, owner] of updaters) {
    if (left <= maxUpdaters) break
    const first = firstOfVersion.get(owner.apiVersion)
    if (first === undefined) {
      firstOfVersion.set(owner.apiVersion, key)
      continue
    }
    fold(out, first, owner)
    if (key !== bucketKey(owner)) out.delete(key)
    left -= 1
  }
  return out
}

function fold(owners: Map<string, Owner>, first: string, owner: Owner): void {
  const key = bucketKey(owner)
  const bucket = owners.get(key) ?? owners.get(first)
  if (bucket === undefined) return
  if (key !== first && !owners.has(key)) owners.delete(first)
  owners.set(key, {
    ...bucket,
    manager: bucketName,
    subresource: '',
    fields: unionFields(owner.fields, bucket.fields),
    ...(owner.time === undefined ? {} : { time: owner.time }),
  })
}

function bucketKey(owner: Owner): string {
  return ownerKey({ manager: bucketName, operation: 'Update', apiVersion: owner.apiVersion, subresource: '' })
}
