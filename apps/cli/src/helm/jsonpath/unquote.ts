import { unquotedPieces } from '@kedge/gotemplate'
import { JsonPathSyntaxError } from './nodes.ts'

/** A quoted text's content, with Go's escapes; single quotes may hold more than one character, unlike in Go. */
export function unquote(quoted: string): string {
  const quote = quoted.charAt(0)
  const pieces = quoted.length < 2 || !quoted.endsWith(quote) ? undefined : unquotedPieces(quoted.slice(1, -1), quote)
  if (pieces === undefined) throw new JsonPathSyntaxError(`unquote string ${quoted} error invalid syntax`)
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : Buffer.of(piece)))
  return Buffer.concat(bytes).toString('utf8')
}
