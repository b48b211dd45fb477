import { FailureError } from '@kedge/base'
import { AddressRefusedError } from '../http/egress-client.ts'
import { GitError } from './git-failure.ts'

const tlsCodes =
  /^(?:CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/

/** The failure behind an error of the network. What was sent is never part of it. */
export function connectionFailure(error: unknown, target: URL, signal: AbortSignal): Error {
  if (error instanceof FailureError) return error
  if (signal.aborted) return error instanceof Error ? error : new Error('aborted')
  const refused = findCause(error, (cause) => cause instanceof AddressRefusedError)
  const options = { cause: error }
  if (refused !== undefined) {
    const message = `${target.host} may not be reached: ${refused.message}`
    return new GitError({ code: 'AddressRefused', message, fix: 'allow the address if it is meant' }, options)
  }
  const codes = codesOf(error)
  const code = codes[0] ?? 'unknown error'
  if (codes.some((name) => tlsCodes.test(name))) {
    const message = `the TLS connection to ${target.host} failed (${code})`
    return new GitError({ code: 'TLSFailed', message, fix: 'give the right ca.crt, or mend the certificate' }, options)
  }
  if (codes.some((name) => /TIMEOUT|TIMEDOUT/.test(name))) {
    return new GitError({ code: 'Timeout', message: `${target.host} does not answer (${code})` }, options)
  }
  if (codes.some((name) => name.startsWith('Z_'))) {
    return new GitError({ code: 'ProtocolError', message: `the answer of ${target.host} cannot be inflated` }, options)
  }
  // Without an abort of ours, this is a proxy that refused to connect.
  const who = codes.includes('UND_ERR_ABORTED') ? `the proxy refused to connect to ${target.host}` : undefined
  const message = who ?? `the connection to ${target.host} failed (${code})`
  return new GitError({ code: 'ConnectionFailed', message, fix: 'check the host, the network and the proxy' }, options)
}

function findCause(error: unknown, fits: (cause: unknown) => boolean): Error | undefined {
  let at = error
  for (let depth = 0; depth < 8 && at instanceof Error; depth += 1) {
    if (fits(at)) return at
    const inner = at instanceof AggregateError ? at.errors.find((one) => fits(one)) : undefined
    if (inner instanceof Error) return inner
    at = at.cause
  }
  return undefined
}

function codesOf(error: unknown): readonly string[] {
  const codes: string[] = []
  let at = error
  for (let depth = 0; depth < 8 && at instanceof Error; depth += 1) {
    if ('code' in at && typeof at.code === 'string') codes.push(at.code)
    at = at.cause
  }
  return codes
}
