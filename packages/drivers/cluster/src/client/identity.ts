import { Bug, FailureError } from '@kedge/base'

/** Whom a request acts as. Only `identityOf` makes one, so that "nobody in particular" cannot be written (CVE-2026-23990). */
export interface Identity {
  readonly user: string
  readonly groups: readonly string[]
  readonly uid?: string
  readonly extra: Readonly<Record<string, readonly string[]>>
  readonly [made]: symbol
}

const made: unique symbol = Symbol('identity')
const seal = Symbol('made by identityOf')

/** What an identity is made from. */
export interface IdentityInput {
  readonly user: string
  readonly groups?: readonly string[]
  readonly uid?: string
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

/** An identity to impersonate. Throws FailureError with code `empty-identity` when a part of it is empty or not printable. */
export function identityOf(input: IdentityInput): Identity {
  const groups = input.groups ?? []
  const extra = input.extra ?? {}
  for (const [what, value] of [
    ['user', input.user] as const,
    ...(input.uid === undefined ? [] : [['uid', input.uid] as const]),
    ...groups.map((group) => ['group', group] as const),
    ...Object.entries(extra).flatMap(([key, values]) => [key, ...values].map((value) => ['extra', value] as const)),
  ]) {
    if (typeof value !== 'string' || value.trim() === '' || /\p{Cc}/u.test(value)) {
      throw new FailureError({
        code: 'empty-identity',
        message: `cannot act as somebody whose ${what} is empty or not printable`,
        fix: 'name the user or the ServiceAccount to act as',
      })
    }
  }
  return { user: input.user, groups, extra, [made]: seal, ...(input.uid === undefined ? {} : { uid: input.uid }) }
}

/** The identity of a ServiceAccount with the groups that the API server gives its tokens. */
export function serviceAccountIdentity(namespace: string, name: string): Identity {
  for (const part of [namespace, name]) {
    if (part === '' || part.includes(':')) {
      throw new FailureError({
        code: 'empty-identity',
        message: `${JSON.stringify(part)} is no name of a ServiceAccount or its namespace`,
      })
    }
  }
  return identityOf({
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  })
}

/** The impersonation headers; there is always at least the user. */
export function identityHeaders(identity: Identity): Readonly<Record<string, string | readonly string[]>> {
  if (identity[made] !== seal || identity.user === '') throw new Bug('an identity was not made by identityOf')
  const extras = Object.entries(identity.extra).map(
    ([key, values]) => [`impersonate-extra-${encodeURIComponent(key.toLowerCase())}`, values] as const,
  )
  return {
    'impersonate-user': identity.user,
    ...(identity.groups.length === 0 ? {} : { 'impersonate-group': identity.groups }),
    ...(identity.uid === undefined ? {} : { 'impersonate-uid': identity.uid }),
    ...Object.fromEntries(extras),
  }
}
