import type { Origin } from '@kedge/base'
import { printNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import type { Transformer } from '../transform/transformer.ts'
import type { ResourceSet } from './resource-set.ts'

const MARK = 'validated-by'

/** Runs a transformer that may look but not touch. */
export function runValidator(run: Transformer, resources: ResourceSet, origin: Origin): void {
  const before = resources.list.map((resource) => printNode(resource.node))
  run(resources)
  const after = resources.list.map((resource) => {
    const { [MARK]: mark, ...labels } = resource.labels
    if (mark === undefined) return printNode(resource.node)
    const copy = resource.copy()
    copy.setLabels(labels)
    return printNode(copy.node)
  })
  if (before.length === after.length && before.every((text, index) => text === after[index])) return
  throw buildFailure('kustomize-transform', "validator shouldn't modify the resource map", { origin })
}
