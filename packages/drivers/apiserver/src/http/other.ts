import type { Draft } from '../contracts.ts'
import type { Answer, Call } from './call.ts'
import { objectAnswer } from './call.ts'
import { healthAnswer } from './health.ts'
import type { Parts } from './parts.ts'
import { discoveryAnswer } from '../discovery/discovery.ts'
import { openApiAnswer } from '../discovery/openapi.ts'
import { serverVersion } from '../schema/load.ts'
import { methodNotAllowed, noSuchResource } from './status.ts'
import { issuer } from './tokens.ts'

/** Requests for something else than a resource: discovery, schemas, version, health. */
export function otherAnswer(parts: Parts, call: Call): Answer {
  if (call.method !== 'GET' && call.method !== 'HEAD') throw methodNotAllowed()
  const path = call.path.length > 1 ? call.path.replace(/\/$/, '') : call.path
  if (path === '/version') return objectAnswer(200, serverVersion())
  if (path === '/openid/v1/jwks') return objectAnswer(200, parts.tokens.keySet())
  if (path === '/.well-known/openid-configuration') return objectAnswer(200, openIdConfiguration())
  const answer =
    healthAnswer(parts, path, call.query) ??
    discoveryAnswer(parts, path, call) ??
    openApiAnswer(parts, path, call.accept)
  if (answer === undefined && path.startsWith('/api/')) throw noSuchResource()
  return answer ?? pageNotFound()
}

function openIdConfiguration(): Draft {
  return {
    issuer,
    jwks_uri: `${issuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  }
}

/** What the server says of a path that it knows nothing of. */
export function pageNotFound(): Answer {
  return { kind: 'text', status: 404, contentType: 'text/plain; charset=utf-8', text: '404 page not found\n' }
}
