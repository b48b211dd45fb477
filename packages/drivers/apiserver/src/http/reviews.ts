import type { AccessAttributes, Draft, RequestUser } from '../contracts.ts'
import { objectAnswer, type Answer, type Call } from './call.ts'
import { isDraft, partOf, textOf, textsOf, timestamp } from './draft.ts'
import { readIncoming } from './incoming.ts'
import { parseWriteOptions } from './options.ts'
import type { Parts } from './parts.ts'
import type { Scope } from './scope.ts'
import { invalid } from './status.ts'
import { issuer } from './tokens.ts'

type Review = (parts: Parts, object: Draft, call: Call) => Draft

/** Kinds that are answered and never stored, by `resource.group`. */
const reviews: Readonly<Record<string, Review>> = {
  'tokenreviews.authentication.k8s.io': reviewToken,
  'selfsubjectreviews.authentication.k8s.io': (_parts, _object, call) => ({ userInfo: userInfo(call.user) }),
  'selfsubjectaccessreviews.authorization.k8s.io': (parts, object, call) => decide(parts, object, call.user),
  'subjectaccessreviews.authorization.k8s.io': (parts, object) => decide(parts, object, userOf(partOf(object, 'spec'))),
  'localsubjectaccessreviews.authorization.k8s.io': (parts, object) =>
    decide(parts, object, userOf(partOf(object, 'spec'))),
  'selfsubjectrulesreviews.authorization.k8s.io': reviewRules,
}

/** Answers a POST to a kind that only asks a question; undefined for kinds that are stored. */
export function reviewAnswer(parts: Parts, scope: Scope, call: Call): Answer | undefined {
  const review = reviews[`${scope.kind.resource}.${scope.kind.group}`]
  if (review === undefined) return undefined
  const options = parseWriteOptions(call.query, 'CreateOptions', call.userAgent)
  const { draft, warnings } = readIncoming(parts, { call, expected: scope.kind, options })
  parts.fields.recordUpdate({
    apiVersion: scope.apiVersion,
    kind: scope.kind.kind,
    live: undefined,
    next: draft,
    manager: options.fieldManager,
    subresource: '',
    now: timestamp(parts.clock.now()),
  })
  const { kind, apiVersion, metadata, spec } = draft
  const hasSpec = scope.kind.resource !== 'selfsubjectreviews'
  const status = review(parts, draft, call)
  return objectAnswer(201, { kind, apiVersion, metadata, ...(hasSpec ? { spec: spec ?? {} } : {}), status }, warnings)
}

function reviewToken(parts: Parts, object: Draft): Draft {
  const spec = partOf(object, 'spec')
  const asked = textsOf(spec, 'audiences')
  const audiences = asked.length === 0 ? [issuer] : asked
  const user = parts.tokens.authenticate(textOf(spec, 'token'), audiences)
  if (user === undefined) return { user: {}, error: 'invalid bearer token' }
  return { authenticated: true, user: userInfo(user), audiences }
}

function decide(parts: Parts, object: Draft, user: RequestUser): Draft {
  const spec = partOf(object, 'spec')
  if (isDraft(spec['resourceAttributes']) === isDraft(spec['nonResourceAttributes'])) {
    const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified'
    throw invalid({ group: 'authorization.k8s.io', kind: '', name: '' }, [
      { reason: 'FieldValueInvalid', field: 'spec', message },
    ])
  }
  if (parts.access === undefined) return { allowed: true }
  const { allowed, reason } = parts.access.authorize(attributesOf(spec, user))
  return { allowed, ...(reason === '' ? {} : { reason }) }
}

function attributesOf(spec: Readonly<Draft>, user: RequestUser): AccessAttributes {
  const path = partOf(spec, 'nonResourceAttributes')
  const wanted = isDraft(spec['resourceAttributes']) ? spec['resourceAttributes'] : path
  const attributes = {
    user,
    verb: textOf(wanted, 'verb'),
    group: textOf(wanted, 'group'),
    version: textOf(wanted, 'version'),
    resource: textOf(wanted, 'resource'),
    subresource: textOf(wanted, 'subresource'),
    namespace: textOf(wanted, 'namespace'),
    name: textOf(wanted, 'name'),
  }
  return isDraft(spec['resourceAttributes']) ? attributes : { ...attributes, path: textOf(path, 'path') }
}

function reviewRules(parts: Parts, object: Draft, call: Call): Draft {
  const everything = { resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }], nonResourceRules: [] }
  const rules = parts.access?.rulesOf(call.user, textOf(partOf(object, 'spec'), 'namespace')) ?? everything
  return { resourceRules: rules.resourceRules, nonResourceRules: rules.nonResourceRules, incomplete: false }
}

function userOf(spec: Readonly<Draft>): RequestUser {
  const extra = Object.entries(partOf(spec, 'extra')).map(
    ([key]) => [key, textsOf(partOf(spec, 'extra'), key)] as const,
  )
  return {
    name: textOf(spec, 'user'),
    uid: textOf(spec, 'uid'),
    groups: textsOf(spec, 'groups'),
    extra: Object.fromEntries(extra),
  }
}

function userInfo(user: RequestUser): Draft {
  return {
    username: user.name,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  }
}
