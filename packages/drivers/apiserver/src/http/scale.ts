import type { Draft, SubresourceKind } from '../contracts.ts'
import type { StoredObject } from '../store/stored-object.ts'
import { decodeBody, mediaType, requireDraft } from './bodies.ts'
import { objectAnswer, type Answer, type Call } from './call.ts'
import { commitUpdate } from './commit.ts'
import { cloneValue, isDraft, metadataOf, partOf, textOf } from './draft.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { parseWriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import { patchTypes, readPatch } from './patch.ts'
import { requireName } from './update.ts'
import { kindSubject, requireStored, resourceSubject, viewFor, type Scope } from './scope.ts'
import { selectorText } from './selector-text.ts'
import { invalid, methodNotAllowed, modified, StatusError } from './status.ts'

const builtInPaths = { replicas: '.spec.replicas', statusReplicas: '.status.replicas', selector: '' }

/** GET, PUT and PATCH of the number of replicas, seen as an autoscaling/v1 Scale. */
export function scaleAnswer(parts: Parts, scope: Scope, call: Call): Answer {
  const old = requireStored(parts, scope)
  const live = viewFor(parts, scope.kind, old).object
  const paths = scope.kind.subresources['scale']?.scale ?? builtInPaths
  const present = scaleOf(live, paths)
  if (call.method === 'GET') return objectAnswer(200, present)
  const wanted = wantedScale(parts, call, present)
  return setReplicas(parts, scope, { call, old, live, paths, wanted })
}

function wantedScale(parts: Parts, call: Call, present: Draft): Draft {
  if (call.method === 'PUT') return requireDraft(decodeBody(call, parts.protobuf, 'Scale').value)
  if (call.method !== 'PATCH') throw methodNotAllowed()
  const type = mediaType(call.contentType)
  if (type === patchTypes.json) return requireDraft(applyJsonPatch(present, readPatch(call, type)))
  if (type === patchTypes.merge || type === patchTypes.strategic) {
    return requireDraft(applyMergePatch(present, readPatch(call, type)))
  }
  throw new StatusError(415, 'UnsupportedMediaType', { message: '415: Unsupported Media Type', details: {} })
}

function setReplicas(
  parts: Parts,
  scope: Scope,
  change: {
    readonly call: Call
    readonly old: StoredObject
    readonly live: Readonly<Draft>
    readonly paths: ScalePaths
    readonly wanted: Draft
  },
): Answer {
  const { call, old, live, paths, wanted } = change
  requireName(scope, metadataOf(wanted))
  const revision = textOf(metadataOf(wanted), 'resourceVersion')
  if (revision !== '' && revision !== textOf(metadataOf(live), 'resourceVersion'))
    throw modified(resourceSubject(scope))
  const replicas = partOf(wanted, 'spec')['replicas'] ?? 0
  if (typeof replicas !== 'number' || replicas < 0) {
    const message = `Invalid value: ${JSON.stringify(replicas)}: must be greater than or equal to 0`
    throw invalid({ ...kindSubject(scope), group: 'autoscaling', kind: 'Scale' }, [
      { reason: 'FieldValueInvalid', field: 'spec.replicas', message },
    ])
  }
  const draft = cloneValue(live) as Draft
  setAt(draft, paths.replicas, replicas)
  const options = parseWriteOptions(
    call.query,
    call.method === 'PUT' ? 'UpdateOptions' : 'PatchOptions',
    call.userAgent,
  )
  const written = commitUpdate(parts, { scope, call, options, draft, old, live })
  return objectAnswer(200, scaleOf(viewFor(parts, scope.kind, written.stored).object, paths))
}

type ScalePaths = NonNullable<SubresourceKind['scale']>

function scaleOf(object: Readonly<Draft>, paths: ScalePaths): Draft {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadataOf(object)
  const replicas = valueAt(object, paths.replicas) ?? 0
  const selector =
    paths.selector === '' ? selectorText(partOf(object, 'spec')['selector']) : valueAt(object, paths.selector)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: valueAt(object, paths.statusReplicas) ?? 0,
      ...(typeof selector === 'string' && selector !== '' ? { selector } : {}),
    },
  }
}

/** A value by a path of plain field names: `.spec.replicas`. */
function valueAt(object: Readonly<Draft>, path: string): unknown {
  let value: unknown = object
  for (const name of path.split('.').filter((part) => part !== '')) value = isDraft(value) ? value[name] : undefined
  return value
}

function setAt(object: Draft, path: string, value: unknown): void {
  const names = path.split('.').filter((part) => part !== '')
  const last = names.pop() ?? ''
  let parent = object
  for (const name of names) {
    const next = isDraft(parent[name]) ? parent[name] : {}
    parent[name] = next
    parent = next
  }
  parent[last] = value
}
