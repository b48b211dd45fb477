import { FailureError } from '@kedge/base'
import type { GitSourceSpec } from '@kedge/source'

type SecretBytes = Readonly<Record<string, Uint8Array>>

/** How a repository is reached, from the Secrets that a GitRepository names. Throws AuthenticationFailed. */
export function connectionOf(
  secret: SecretBytes | undefined,
  proxy: SecretBytes | undefined,
): Pick<GitSourceSpec, 'credentials' | 'tls' | 'proxy'> {
  return { ...credentialsOf(secret), ...tlsOf(secret), ...proxyOf(proxy) }
}

/** User and password, or a bearer token. Throws AuthenticationFailed when one half is missing. */
export function credentialsOf(secret: SecretBytes | undefined): Pick<GitSourceSpec, 'credentials'> {
  const token = textOf(secret, 'bearerToken')
  if (token !== undefined) return { credentials: { kind: 'bearer', token } }
  const username = textOf(secret, 'username')
  const password = textOf(secret, 'password')
  if (username === undefined && password === undefined) return {}
  if (username === undefined || password === undefined) {
    const message = `the Secret has ${username === undefined ? 'a password and no username' : 'a username and no password'}`
    throw new FailureError({ code: 'AuthenticationFailed', message, fix: 'give it both' })
  }
  return { credentials: { kind: 'basic', username, password } }
}

/** Authority and client certificate, by their present and their older names. */
export function tlsOf(secret: SecretBytes | undefined): Pick<GitSourceSpec, 'tls'> {
  const ca = textOf(secret, 'ca.crt') ?? textOf(secret, 'caFile')
  const cert = textOf(secret, 'tls.crt') ?? textOf(secret, 'certFile')
  const key = textOf(secret, 'tls.key') ?? textOf(secret, 'keyFile')
  if (ca === undefined && cert === undefined && key === undefined) return {}
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  }
}

/** A proxy with its credentials. Throws AuthenticationFailed without an address. */
export function proxyOf(secret: SecretBytes | undefined): Pick<GitSourceSpec, 'proxy'> {
  if (secret === undefined) return {}
  const address = textOf(secret, 'address')
  if (address === undefined) {
    throw new FailureError({ code: 'AuthenticationFailed', message: 'the proxy Secret has no key address' })
  }
  const username = textOf(secret, 'username')
  const password = textOf(secret, 'password')
  return {
    proxy: {
      address,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
  }
}

function textOf(secret: SecretBytes | undefined, key: string): string | undefined {
  const bytes = secret?.[key]
  return bytes === undefined || bytes.length === 0 ? undefined : new TextDecoder().decode(bytes)
}
