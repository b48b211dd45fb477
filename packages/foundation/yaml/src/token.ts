import type { ScalarStyle } from './node.ts'

export type TokenKind =
  | 'stream-end'
  | 'version'
  | 'tag-directive'
  | 'document-start'
  | 'document-end'
  | 'block-seq'
  | 'block-map'
  | 'block-end'
  | 'flow-seq'
  | 'flow-seq-end'
  | 'flow-map'
  | 'flow-map-end'
  | 'entry'
  | 'flow-entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar'

/** One mark of a YAML text. `line` and `column` count from 0. */
export interface Token {
  readonly kind: TokenKind
  readonly line: number
  readonly column: number
  /** The scalar, the name of an anchor or alias, the handle of a tag, the number of a version. */
  readonly value: string
  /** The suffix of a tag, the prefix of a tag directive. */
  readonly suffix: string
  readonly style: ScalarStyle
}
