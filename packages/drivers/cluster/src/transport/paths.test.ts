import { expect, test } from 'vitest'

import { pathSegment, resourcePath, withQuery } from './paths.ts'

const pods = { group: '', version: 'v1', resource: 'pods', namespaced: true }
const roles = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles', namespaced: false }

test('[R1] paths of objects, lists and subresources', () => {
  expect(resourcePath(pods)).toBe('/api/v1/pods')
  expect(resourcePath(pods, { namespace: '' })).toBe('/api/v1/pods')
  expect(resourcePath(pods, { namespace: 'web', name: 'api', subresource: 'status' })).toBe(
    '/api/v1/namespaces/web/pods/api/status',
  )
  expect(resourcePath(roles, { name: 'system:node' })).toBe(
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
  )
})

test('[R1] a namespace on a cluster-scoped kind is not sent (CVE-2019-11247)', () => {
  expect(resourcePath(roles, { namespace: 'web', name: 'admin' })).toBe(
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/admin',
  )
})

test.each(['', '.', '..', 'a/b', '../secrets', 'a%2f..', '%2e%2e', 'a\u0000b', 'a\nb', 'x'.repeat(254)])(
  '[R1] %j cannot be part of a path (CVE-2022-3162)',
  (segment) => {
    const codeOf = (run: () => unknown): unknown => {
      try {
        return run()
      } catch (error) {
        return error
      }
    }
    const refused = { failure: { code: 'bad-path-segment' } }
    expect(codeOf(() => pathSegment(segment))).toMatchObject(refused)
    expect(codeOf(() => resourcePath(pods, { namespace: 'web', name: segment }))).toMatchObject(refused)
    expect(codeOf(() => resourcePath({ ...pods, resource: segment }))).toMatchObject(refused)
  },
)

test('[R1] what means something in a URL is encoded', () => {
  expect(pathSegment('a?b#c d')).toBe('a%3Fb%23c%20d')
  expect(withQuery('/api', { a: 'x&y=z', b: undefined, limit: 5, force: true })).toBe(
    '/api?a=x%26y%3Dz&limit=5&force=true',
  )
  expect(withQuery('/api', { b: undefined })).toBe('/api')
})
