import type { Draft, LocalClient } from '../../contracts.ts'
import { children, strings, text } from '../../kinds/draft.ts'
import { parseGroupVersion } from './group-version.ts'
import type { ResourceType } from './resources.ts'

/** A served resource and what can be done with all of its objects. */
export interface ServedResource extends ResourceType {
  readonly verbs: readonly string[]
}

/** Reads what the server serves now: every resource once, in its group's preferred version. */
export async function readServedResources(client: LocalClient): Promise<readonly ServedResource[]> {
  const groups = await client.request({ method: 'GET', path: '/apis' })
  const preferred = children(groups.body, 'groups').map((group) =>
    text(group['preferredVersion'] as Draft | undefined, 'groupVersion'),
  )
  const found: ServedResource[] = []
  for (const groupVersion of ['v1', ...preferred]) {
    const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
    const answer = await client.request({ method: 'GET', path })
    if (answer.status !== 200) continue
    const { group, version } = parseGroupVersion(groupVersion)
    for (const resource of children(answer.body, 'resources')) {
      const plural = text(resource, 'name')
      if (plural.includes('/')) continue
      found.push({
        group,
        version,
        plural,
        kind: text(resource, 'kind'),
        namespaced: resource['namespaced'] === true,
        verbs: strings(resource, 'verbs'),
      })
    }
  }
  return found
}
