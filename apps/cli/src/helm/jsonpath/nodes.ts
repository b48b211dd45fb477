/** One step or word of a template, as client-go's jsonpath has them. */
export type Node =
  | { readonly kind: 'list'; readonly nodes: readonly Node[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'array'; readonly from: Bound; readonly to: Bound; readonly step: Bound }
  | {
      readonly kind: 'filter'
      readonly left: readonly Node[]
      readonly right: readonly Node[]
      readonly operator: string
    }
  | { readonly kind: 'value'; readonly value: boolean | number | GoInteger }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'union'; readonly members: readonly (readonly Node[])[] }
  | { readonly kind: 'identifier'; readonly name: string }

/** A bound of a slice. `isDerived` marks the end that one index alone implies. */
export interface Bound {
  readonly value: number | undefined
  readonly isDerived?: boolean
}

/** An integer: one of the template, or a byte of a text. Numbers of values are floats, which are never equal to one. */
export class GoInteger {
  readonly value: bigint

  constructor(value: bigint) {
    this.value = value
  }
}

/** A template that cannot be parsed; the words are client-go's. */
export class JsonPathSyntaxError extends Error {
  override readonly name = 'JsonPathSyntaxError'
}
