/** Where a node stands: an offset into the template's text, in UTF-16 units. */
interface At {
  readonly at: number
}

export interface TextNode extends At {
  readonly kind: 'text'
  readonly text: string
}
export interface ActionNode extends At {
  readonly kind: 'action'
  readonly pipe: PipeNode
}
export interface BranchNode extends At {
  readonly kind: 'if' | 'range' | 'with'
  readonly pipe: PipeNode
  readonly body: ListNode
  readonly otherwise?: ListNode
}
export interface TemplateNode extends At {
  readonly kind: 'template'
  readonly name: string
  readonly pipe?: PipeNode
}
export interface LoopNode extends At {
  readonly kind: 'break' | 'continue'
}
export interface ListNode extends At {
  readonly kind: 'list'
  readonly nodes: readonly StatementNode[]
}
export type StatementNode = TextNode | ActionNode | BranchNode | TemplateNode | LoopNode

export interface PipeNode extends At {
  readonly kind: 'pipe'
  readonly variables: readonly VariableNode[]
  /** `=` instead of `:=`. */
  readonly assigns: boolean
  readonly commands: readonly CommandNode[]
}
export interface CommandNode extends At {
  readonly kind: 'command'
  readonly words: readonly OperandNode[]
}

export interface FieldNode extends At {
  readonly kind: 'field'
  readonly names: readonly string[]
}
/** `$x.a.b`: the variable and the fields behind it. */
export interface VariableNode extends At {
  readonly kind: 'variable'
  readonly name: string
  readonly names: readonly string[]
}
export interface ChainNode extends At {
  readonly kind: 'chain'
  readonly of: OperandNode
  readonly names: readonly string[]
}
export interface IdentifierNode extends At {
  readonly kind: 'identifier'
  readonly name: string
}
export interface DotNode extends At {
  readonly kind: 'dot'
}
export interface NilNode extends At {
  readonly kind: 'nil'
}
export interface BoolNode extends At {
  readonly kind: 'bool'
  readonly value: boolean
}
export interface StringNode extends At {
  readonly kind: 'string'
  readonly value: string
  readonly quoted: string
}
/** A constant; which of the forms apply follows Go's rules for untyped constants. */
export interface NumberNode extends At {
  readonly kind: 'number'
  readonly text: string
  readonly int?: bigint
  readonly float?: number
  readonly complex?: { readonly re: number; readonly im: number }
}
export type OperandNode =
  | FieldNode
  | VariableNode
  | ChainNode
  | IdentifierNode
  | DotNode
  | NilNode
  | BoolNode
  | StringNode
  | NumberNode
  | PipeNode

/** One parsed template: its name, its text (for error positions) and its body. */
export interface Tree {
  readonly name: string
  readonly parseName: string
  readonly text: string
  readonly body: ListNode
}
