import type { PruneItem } from '../../model/change.ts'
import type { PruneBrake } from '../candidate.ts'

/** Kinds whose deletion takes data or other people's objects along, as `group/Kind`. */
const holders: ReadonlyMap<string, string> = new Map([
  ['/Namespace', 'deleting a namespace deletes everything in it'],
  ['apiextensions.k8s.io/CustomResourceDefinition', 'deleting a definition deletes every object of its kind'],
  ['/PersistentVolumeClaim', 'deleting a claim can delete the data of its volume'],
  ['/PersistentVolume', 'deleting a volume can delete its data'],
])

/** Objects that others live in or on are deleted only when somebody said so. */
export const holdsOthers: PruneBrake = (items, { guards }) => {
  if (guards.limit === 'off') return items
  return items.map((item) => {
    const message = reasonToHold(item)
    return message === undefined ? item : { ...item, verdict: { kind: 'hold', reason: 'HoldsOthers', message } }
  })
}

function reasonToHold({ entry, verdict }: PruneItem): string | undefined {
  return verdict.kind === 'delete' ? holders.get(`${entry.group}/${entry.kind}`) : undefined
}
