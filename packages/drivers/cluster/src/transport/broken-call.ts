import { TransportError } from './transport.ts'

const notSent: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
])

/** What went wrong with a call, in the transport's own words. */
export function classify(error: unknown): TransportError {
  if (error instanceof TransportError) return error
  const code = errorCode(error)
  if (code === 'UND_ERR_ABORTED' || (error instanceof Error && error.name === 'AbortError')) {
    return new TransportError('aborted', 'the request was given up', { sent: true, cause: error })
  }
  const text = error instanceof Error ? error.message : String(error)
  if (notSent.has(code)) return new TransportError('connect', text, { sent: false, cause: error })
  if (untrusted.has(code)) {
    return new TransportError('untrusted', `the server's certificate is not trusted (${code})`, {
      sent: false,
      cause: error,
    })
  }
  return broken(error)
}

/** A call whose connection broke: its outcome is unknown. */
export function broken(error: unknown): TransportError {
  const text = error instanceof Error ? error.message : String(error)
  return new TransportError('broken', `the connection broke: ${text}`, { sent: true, cause: error })
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const code: unknown = 'code' in error ? error.code : undefined
  if (typeof code === 'string') return code
  return error.cause === undefined ? '' : errorCode(error.cause)
}
