import type { AccessAttributes, RequestUser } from '../contracts.ts'

const SERVICE_ACCOUNT = 'system:serviceaccount:'

/** What a request that acts as someone else must be allowed, each on its own: the verb impersonate on every part. */
export function impersonationChecks(user: RequestUser, target: RequestUser): readonly AccessAttributes[] {
  const checks: AccessAttributes[] = []
  const check = (part: Pick<AccessAttributes, 'resource' | 'name'> & Partial<AccessAttributes>): void => {
    checks.push({ user, verb: 'impersonate', group: '', version: 'v1', subresource: '', namespace: '', ...part })
  }
  if (target.name.startsWith(SERVICE_ACCOUNT)) {
    const [namespace = '', name = ''] = target.name.slice(SERVICE_ACCOUNT.length).split(':')
    check({ resource: 'serviceaccounts', namespace, name })
  } else {
    check({ resource: 'users', name: target.name })
  }
  for (const group of target.groups) check({ resource: 'groups', name: group })
  if (target.uid !== undefined && target.uid !== '') {
    check({ resource: 'uids', name: target.uid, group: 'authentication.k8s.io' })
  }
  for (const [key, values] of Object.entries(target.extra)) {
    for (const value of values) {
      check({ resource: 'userextras', subresource: key, name: value, group: 'authentication.k8s.io' })
    }
  }
  return checks
}
