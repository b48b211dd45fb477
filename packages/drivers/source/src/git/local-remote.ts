import { realpathSync } from 'node:fs'
import path from 'node:path'
import { gitError } from './git-failure.ts'
import type { GitLimits } from './git-limits.ts'
import { type LocalRepository, openLocalRepository } from './local-repository.ts'
import { parseTag } from './parse-object.ts'
import type { AdvertisedRef } from './protocol.ts'
import type { ObjectsRequest, Remote, RemoteObjects } from './remote.ts'

/** A repository on disk, opened anew for each question, so that it may be repacked in between. */
export function localRemote(
  folder: string,
  options: { readonly limits: GitLimits; readonly allowed: readonly string[] | 'any' },
): Remote {
  return {
    listRefs: async (prefixes) => {
      const repository = open(folder, options)
      try {
        const refs = await repository.refs(prefixes)
        return refs.map((ref) => peel(ref, repository))
      } finally {
        repository.objects.close()
      }
    },
    objects: async (request: ObjectsRequest): Promise<RemoteObjects> => {
      const { format, objects } = open(folder, options)
      return {
        format,
        objectOf: (id) => request.baseOf(id) ?? objects.read(id),
        release: () => objects.close(),
      }
    },
    history: async () => {
      const { format, objects } = open(folder, options)
      return { format, objectOf: (id) => objects.read(id), release: () => objects.close() }
    },
  }
}

function open(
  folder: string,
  { limits, allowed }: { readonly limits: GitLimits; readonly allowed: readonly string[] | 'any' },
): LocalRepository {
  if (allowed !== 'any' && !allowed.some((root) => isInside(folder, root))) {
    throw gitError(
      'LocalRefused',
      `local repositories may not be read from ${folder}`,
      'allow the folder, or use https',
    )
  }
  return openLocalRepository(folder, limits)
}

function isInside(folder: string, root: string): boolean {
  const inner = path.relative(real(root), real(folder))
  return inner === '' || (!inner.startsWith('..') && !path.isAbsolute(inner))
}

function real(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return path.resolve(folder)
  }
}

const maxTagChain = 10

/** Follows annotated tags to what they name; packed-refs may have done so already. */
function peel(ref: AdvertisedRef, { objects }: LocalRepository): AdvertisedRef {
  if (ref.peeled !== undefined || !ref.name.startsWith('refs/tags/')) return ref
  let id = ref.oid
  for (let hops = 0; hops < maxTagChain; hops += 1) {
    const object = objects.read(id)
    if (object?.type !== 'tag') break
    id = parseTag(id, object.content()).object
  }
  return id === ref.oid ? ref : { ...ref, peeled: id }
}
