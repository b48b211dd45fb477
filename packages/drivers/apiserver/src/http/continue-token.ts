import { isDraft } from './draft.ts'
import { badRequest } from './status.ts'

/** Where a paged list goes on: the revision of its first page and the first key not yet shown. */
export interface ContinueToken {
  readonly revision: number
  readonly start: string
}

export function encodeContinue(revision: number, start: string): string {
  const json = JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start }).replaceAll('\0', String.raw`\u0000`)
  return Buffer.from(json).toString('base64url')
}

/** A byte as Go quotes the character of that number. */
function goCharacter(byte: number): string {
  const hex = byte.toString(16).padStart(2, '0')
  if (byte < 0x20 || byte === 0x7f) return String.raw`\x${hex}`
  return byte >= 0x80 && byte < 0xa0 ? String.raw`\u00${hex}` : String.fromCodePoint(byte)
}

export function decodeContinue(token: string): ContinueToken {
  const text = Buffer.from(token, 'base64url').toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const [first] = Buffer.from(token, 'base64url')
    const what =
      first === undefined
        ? 'unexpected end of JSON input'
        : `invalid character '${goCharacter(first)}' looking for beginning of value`
    throw badRequest(`invalid continue token: continue key is not valid: ${what}`)
  }
  if (!isDraft(value) || value['v'] !== 'meta.k8s.io/v1') {
    throw badRequest(
      'invalid continue token: continue key is not valid: server does not recognize this encoded version "v1"',
    )
  }
  const { rv, start } = value
  if (typeof rv !== 'number' || typeof start !== 'string' || !start.startsWith('/')) {
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    )
  }
  return { revision: rv, start }
}
