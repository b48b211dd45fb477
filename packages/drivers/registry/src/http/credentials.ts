/** Who we are to a server. */
export type Credentials =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string }

/** The Authorization header of credentials; undefined without any. */
export function authorizationOf(credentials: Credentials | undefined): string | undefined {
  if (credentials === undefined) return undefined
  if (credentials.kind === 'bearer') return `Bearer ${credentials.token}`
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}
