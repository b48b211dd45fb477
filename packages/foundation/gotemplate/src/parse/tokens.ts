import { textToBytes } from '../value/bytes.ts'
import type { TokenKind } from './lexer.ts'
import { quoteGo } from './quote.ts'

/** The tokens that an operand begins with. */
export const operandStarts: ReadonlySet<TokenKind> = new Set<TokenKind>([
  'bool',
  'char',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  'open',
])

/** As Go prints a token in "unexpected …". */
export function describeToken(kind: TokenKind, text: string): string {
  if (kind === 'eof') return 'EOF'
  if (kind === 'keyword' || kind === 'dot' || kind === 'nil') return `<${text}>`
  if (textToBytes(text).length <= 10) return quoteGo(text)
  return `${quoteGo(Array.from(text).slice(0, 10).join(''))}...`
}
