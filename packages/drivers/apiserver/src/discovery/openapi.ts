import type { Answer, Call } from '../http/call.ts'
import { objectAnswer } from '../http/call.ts'
import type { Parts } from '../http/parts.ts'

/** Answers /openapi/v3 and the documents below it; undefined for other paths. */
export function openApiAnswer(parts: Parts, path: string, _call: Call): Answer | undefined {
  if (path !== '/openapi/v3' && !path.startsWith('/openapi/v3/')) return undefined
  if (path === '/openapi/v3') {
    const versions = new Set(parts.registry.all().map((kind) => (kind.group === '' ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`)))
    const paths = Object.fromEntries(
      [...versions].map((name) => [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${parts.registry.generation}` }]),
    )
    return objectAnswer(200, { paths })
  }
  const document = parts.types.openApiV3(path.slice('/openapi/v3/'.length).replace(/^apis?\//, ''))
  return document === undefined ? undefined : objectAnswer(200, document)
}
