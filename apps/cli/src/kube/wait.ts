import { FailureError } from '@kedge/base'
import type { KubeObject } from '@kedge/manifest'
import type { ServedResource } from './discovery.ts'
import type { Kube } from './kube.ts'

/** Waits until one object is as wanted, by watching it; throws FailureError when the time is up or it is deleted. */
export async function waitForObject(
  kube: Kube,
  at: { readonly resource: ServedResource; readonly namespace: string; readonly name: string },
  want: { readonly until: (object: KubeObject) => boolean; readonly timeoutMs: number },
): Promise<KubeObject> {
  const { resource, namespace, name } = at
  const query = { namespace, fieldSelector: `metadata.name=${name}` }
  const list = await kube.list(resource, query)
  const present = list.items.find(want.until)
  if (present !== undefined) return present
  return new Promise((resolve, reject) => {
    const finish = (end: () => void): void => {
      clearTimeout(timer)
      watch.close()
      end()
    }
    const timer = setTimeout(() => {
      finish(() => {
        reject(
          new FailureError({
            code: 'Timeout',
            message: `${resource.kind} ${namespace}/${name} was not done after ${want.timeoutMs / 1000} s`,
            fix: `see why with: kedge events --for ${resource.singular}/${name} -n ${namespace}`,
          }),
        )
      })
    }, want.timeoutMs)
    const watch = kube.watch(resource, { ...query, resourceVersion: list.resourceVersion }, ({ type, object }) => {
      if (type === 'DELETED')
        finish(() =>
          reject(
            new FailureError({
              code: 'Deleted',
              message: `${resource.kind} ${namespace}/${name} was deleted meanwhile`,
            }),
          ),
        )
      else if (type !== 'BOOKMARK' && type !== 'ERROR' && want.until(object)) finish(() => resolve(object))
    })
  })
}
