/** How a scalar was written. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded'

/** Comments around a node, each with its `#`, lines joined by line feeds; empty where there is none. */
export interface Comments {
  readonly head: string
  readonly line: string
  readonly foot: string
}

/**
 * A scalar. `tag` is the short form of the tag that was written, or the type of its text by the rules of yaml.v3; it is
 * empty for a scalar that a program made and whose type follows from its text when it is printed.
 */
export interface ScalarNode {
  readonly kind: 'scalar'
  readonly tag: string
  /** Whether the tag was written in the text. */
  readonly tagged: boolean
  readonly style: ScalarStyle
  readonly value: string
  readonly anchor: string
  /** Line counted from 1 in the text it was read from; 0 when it was made by a program. */
  readonly line: number
  readonly comments: Comments | undefined
}

export interface MapEntry {
  readonly key: YamlNode
  readonly value: YamlNode
}

/** A mapping in the order it was written. */
export interface MapNode {
  readonly kind: 'map'
  readonly tag: string
  readonly flow: boolean
  readonly entries: readonly MapEntry[]
  readonly anchor: string
  readonly line: number
  readonly comments: Comments | undefined
}

export interface SeqNode {
  readonly kind: 'seq'
  readonly tag: string
  readonly flow: boolean
  readonly items: readonly YamlNode[]
  readonly anchor: string
  readonly line: number
  readonly comments: Comments | undefined
}

/** A reference `*name` to an anchored node of the same document. */
export interface AliasNode {
  readonly kind: 'alias'
  readonly tag: ''
  readonly name: string
  readonly target: YamlNode
  readonly anchor: ''
  readonly line: number
  readonly comments: Comments | undefined
}

/** One YAML value with what the text said beyond it. Never changed in place: edits make new nodes and share the rest. */
export type YamlNode = ScalarNode | MapNode | SeqNode | AliasNode

/** A plain scalar whose type follows from its text, or has the given tag. */
export function plainScalar(value: string, tag = ''): ScalarNode {
  return { kind: 'scalar', tag, tagged: false, style: 'plain', value, anchor: '', line: 0, comments: undefined }
}

/** A scalar that is a string whatever its text looks like. */
export function stringScalar(value: string): ScalarNode {
  return plainScalar(value, '!!str')
}

export function mapNode(entries: readonly MapEntry[]): MapNode {
  return { kind: 'map', tag: '', flow: false, entries, anchor: '', line: 0, comments: undefined }
}

export function seqNode(items: readonly YamlNode[]): SeqNode {
  return { kind: 'seq', tag: '', flow: false, items, anchor: '', line: 0, comments: undefined }
}
