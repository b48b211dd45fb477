import { digestOf } from '@kedge/engine'
import type { RenderedObject } from '@kedge/flux'
import type { KubeObject } from '@kedge/manifest'

import { workOfController } from '../cluster/other-controllers.ts'
import type { Render } from './renderer.ts'

/**
 * Renders controllers of Flux and Argo CD that do what Kedge does with no replicas, so that a repository which brings
 * them, as `flux bootstrap` has it, does not start them beside Kedge. `tell` is called for each that is changed.
 */
export function standDownOthers(render: Render, tell: (object: KubeObject, work: string) => void = ignore): Render {
  return async (tree, request) => {
    const outcome = await render(tree, request)
    if (outcome.kind !== 'rendered') return outcome
    const objects = outcome.objects.map((one) => standDown(one, tell))
    const isChanged = objects.some((one, at) => one !== outcome.objects[at])
    return isChanged
      ? { ...outcome, objects, digest: digestOf([outcome.digest, 'without other controllers']) }
      : outcome
  }
}

function standDown(rendered: RenderedObject, tell: (object: KubeObject, work: string) => void): RenderedObject {
  const { object } = rendered
  const work = workOfController(object)
  if (work === undefined) return rendered
  tell(object, work)
  const spec = { ...(object['spec'] as object | undefined), replicas: 0 }
  return { ...rendered, object: { ...object, spec } }
}

function ignore(): void {
  // Nobody wants to know.
}
