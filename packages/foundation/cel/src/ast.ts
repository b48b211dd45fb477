/** A place in the source, counted in UTF-16 units from 0. */
interface Located {
  readonly at: number
}

/** An entry of a list literal; an optional one (`?e`) is left out when it has no value. */
export interface ListItem {
  readonly value: Expression
  readonly optional: boolean
}

/** An entry of a map literal. */
export interface MapItem {
  readonly key: Expression
  readonly value: Expression
  readonly optional: boolean
}

/** What a comprehension macro makes of the items it goes through. */
export type Comprehension =
  | 'all'
  | 'exists'
  | 'existsOne'
  | 'filter'
  | 'map'
  | 'sortBy'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'

/** A literal in the form in which it is evaluated. */
export type Literal =
  | { readonly type: 'null' }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'uint'; readonly value: bigint }
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }

/** A parsed expression, macros expanded. */
export type Expression = Located &
  (
    | { readonly kind: 'literal'; readonly literal: Literal }
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'select'; readonly operand: Expression; readonly field: string; readonly optional: boolean }
    | { readonly kind: 'has'; readonly operand: Expression; readonly field: string }
    | { readonly kind: 'index'; readonly operand: Expression; readonly index: Expression; readonly optional: boolean }
    | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
    | {
        readonly kind: 'method'
        readonly name: string
        readonly target: Expression
        readonly args: readonly Expression[]
      }
    | { readonly kind: 'list'; readonly items: readonly ListItem[] }
    | { readonly kind: 'map'; readonly items: readonly MapItem[] }
    | { readonly kind: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
    | {
        readonly kind: 'ternary'
        readonly test: Expression
        readonly whenTrue: Expression
        readonly whenFalse: Expression
      }
    | { readonly kind: 'bind'; readonly name: string; readonly value: Expression; readonly body: Expression }
    | {
        readonly kind: 'optMap'
        readonly name: string
        readonly target: Expression
        readonly body: Expression
        readonly flat: boolean
      }
    | {
        readonly kind: 'comprehension'
        readonly of: Comprehension
        readonly range: Expression
        /** One name: the item, or the key of a map. Two: index and item, or key and value. */
        readonly names: readonly string[]
        readonly filter?: Expression
        readonly body: Expression
      }
  )

/** Text that is no expression: what is wrong and where. */
export class SyntaxFault extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.name = 'SyntaxFault'
    this.at = at
  }
}
