import { expect, test } from 'vitest'
import type { AccessAttributes, Draft, RequestUser } from '../contracts.ts'
import { initialObjects } from '../bootstrap/initial-objects.ts'
import { createAccess } from './access.ts'
import { impersonationChecks } from './impersonation.ts'

const dev: RequestUser = { name: 'dev', groups: ['developers', 'system:authenticated'], extra: {} }

function withBootstrap(...more: Draft[]) {
  const access = createAccess()
  for (const { object } of initialObjects({ nowMs: 0, apiServerPort: 6443 })) access.put(object)
  for (const object of more) access.put(object)
  return access
}

function rbac(kind: string, fields: Draft): Draft {
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind, ...fields }
}

function asks(verb: string, resource: string, more: Partial<AccessAttributes> = {}): AccessAttributes {
  return {
    user: dev,
    verb,
    group: '',
    version: 'v1',
    resource,
    subresource: '',
    namespace: 'default',
    name: '',
    ...more,
  }
}

const editDefault = rbac('RoleBinding', {
  metadata: { name: 'dev-edit', namespace: 'default' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
  subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'developers' }],
})

test('a RoleBinding of a ClusterRole allows in its namespace alone, and a change of the binding counts at once', () => {
  const access = withBootstrap(editDefault)
  expect(access.authorize(asks('list', 'configmaps'))).toEqual({
    allowed: true,
    reason: 'RBAC: allowed by RoleBinding "dev-edit/default" of ClusterRole "edit" to Group "developers"',
  })
  expect(access.authorize(asks('list', 'configmaps', { namespace: 'other' })).allowed).toBe(false)
  expect(access.authorize(asks('list', 'nodes', { namespace: '' })).allowed).toBe(false)
  access.remove(editDefault)
  expect(access.authorize(asks('list', 'configmaps')).allowed).toBe(false)
})

test('system:masters may do everything, a ServiceAccount what its binding says', () => {
  const binding = rbac('ClusterRoleBinding', {
    metadata: { name: 'sa-admin' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'flux', namespace: 'apps' }],
  })
  const access = withBootstrap(binding)
  const account: RequestUser = { name: 'system:serviceaccount:apps:flux', groups: [], extra: {} }
  const masters: RequestUser = { name: 'root', groups: ['system:masters'], extra: {} }
  expect(access.authorize(asks('delete', 'nodes', { user: account })).allowed).toBe(true)
  expect(access.authorize(asks('delete', 'nodes', { user: masters })).allowed).toBe(true)
  expect(access.authorize(asks('get', '', { user: account, path: '/metrics' })).allowed).toBe(true)
})

test('names, subresources and paths of rules are matched as the server matches them', () => {
  const access = createAccess()
  access.put(
    rbac('ClusterRole', {
      metadata: { name: 'narrow' },
      rules: [
        { verbs: ['get'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['one'] },
        { verbs: ['patch'], apiGroups: ['apps'], resources: ['*/scale'] },
        { verbs: ['get'], nonResourceURLs: ['/healthz', '/metrics/*'] },
      ],
    }),
  )
  access.put(
    rbac('ClusterRoleBinding', {
      metadata: { name: 'narrow' },
      roleRef: { kind: 'ClusterRole', name: 'narrow' },
      subjects: [{ kind: 'User', name: 'dev' }],
    }),
  )
  const allowed = (attributes: AccessAttributes): boolean => access.authorize(attributes).allowed
  expect(allowed(asks('get', 'configmaps', { name: 'one' }))).toBe(true)
  expect(allowed(asks('get', 'configmaps', { name: 'two' }))).toBe(false)
  expect(allowed(asks('list', 'configmaps'))).toBe(false)
  expect(allowed(asks('patch', 'deployments', { group: 'apps', subresource: 'scale' }))).toBe(true)
  expect(allowed(asks('patch', 'deployments', { group: 'apps' }))).toBe(false)
  expect(allowed(asks('get', '', { path: '/metrics/cadvisor' }))).toBe(true)
  expect(allowed(asks('get', '', { path: '/healthz/x' }))).toBe(false)
})

test('the refusal reads as the server words it', () => {
  const access = createAccess()
  expect(access.forbiddenMessage(asks('list', 'configmaps'))).toBe(
    'configmaps is forbidden: User "dev" cannot list resource "configmaps" in API group "" in the namespace "default"',
  )
  expect(access.forbiddenMessage(asks('get', '', { path: '/metrics' }))).toBe(
    'forbidden: User "dev" cannot get path "/metrics"',
  )
  expect(
    access.forbiddenMessage(
      asks('patch', 'deployments', { group: 'apps', name: 'web', namespace: '', subresource: 'scale' }),
    ),
  ).toBe(
    'deployments.apps "web" is forbidden: User "dev" cannot patch resource "deployments/scale" in API group "apps" at the cluster scope',
  )
})

test('a binding that grants more than its writer holds is refused with what is missing', () => {
  const access = withBootstrap()
  const binding = rbac('RoleBinding', {
    metadata: { name: 'esc', namespace: 'default' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [],
  })
  expect(access.escalation(binding, undefined, dev)?.message).toBe(
    'rolebindings.rbac.authorization.k8s.io "esc" is forbidden: user "dev" (groups=["developers" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
  )
})

test('the verbs bind and escalate lift the check, and so does holding the permissions', () => {
  const role = rbac('Role', {
    metadata: { name: 'r', namespace: 'default' },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['configmaps'] }],
  })
  expect(withBootstrap().escalation(role, undefined, dev)?.code).toBe(403)
  expect(withBootstrap(editDefault).escalation(role, undefined, dev)).toBeUndefined()
  const escalator = [
    rbac('ClusterRole', {
      metadata: { name: 'esc' },
      rules: [
        { verbs: ['escalate', 'bind'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'clusterroles'] },
      ],
    }),
    rbac('ClusterRoleBinding', {
      metadata: { name: 'esc' },
      roleRef: { kind: 'ClusterRole', name: 'esc' },
      subjects: [{ kind: 'User', name: 'dev' }],
    }),
  ]
  expect(withBootstrap(...escalator).escalation(role, undefined, dev)).toBeUndefined()
})

test('the rules of a user without bindings are those of every authenticated user', () => {
  expect(withBootstrap().rulesOf({ ...dev, groups: ['system:authenticated'] }, 'default')).toEqual({
    resourceRules: [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    ],
    nonResourceRules: [
      {
        verbs: ['get'],
        nonResourceURLs: [
          '/api',
          '/api/*',
          '/apis',
          '/apis/*',
          '/healthz',
          '/livez',
          '/openapi',
          '/openapi/*',
          '/readyz',
          '/version',
          '/version/',
        ],
      },
      { verbs: ['get'], nonResourceURLs: ['/healthz', '/livez', '/readyz', '/version', '/version/'] },
    ],
  })
})

test('acting as someone else asks for the verb impersonate on each part', () => {
  const target: RequestUser = {
    name: 'system:serviceaccount:apps:flux',
    groups: ['g'],
    uid: 'u',
    extra: { scopes: ['a'] },
  }
  expect(
    impersonationChecks(dev, target).map(({ resource, subresource, namespace, name, group }) => [
      group,
      resource,
      subresource,
      namespace,
      name,
    ]),
  ).toEqual([
    ['', 'serviceaccounts', '', 'apps', 'flux'],
    ['', 'groups', '', '', 'g'],
    ['authentication.k8s.io', 'uids', '', '', 'u'],
    ['authentication.k8s.io', 'userextras', 'scopes', '', 'a'],
  ])
})
