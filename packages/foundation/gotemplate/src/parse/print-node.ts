import { quoteGo } from './quote.ts'
import type { BranchNode, CommandNode, ListNode, OperandNode, PipeNode, StatementNode } from './nodes.ts'

/** A node as Go's parser prints it, which is how it stands in error messages. */
export function printNode(node: StatementNode | ListNode | PipeNode | CommandNode | OperandNode): string {
  switch (node.kind) {
    case 'text':
      return quoteGo(node.text)
    case 'list':
      return node.nodes.map(printNode).join('')
    case 'action':
      return `{{${printNode(node.pipe)}}}`
    case 'if':
    case 'range':
    case 'with':
      return printBranch(node)
    case 'template':
      return `{{template ${quoteGo(node.name)}${node.pipe === undefined ? '' : ` ${printNode(node.pipe)}`}}}`
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`
    case 'pipe':
      return printPipe(node)
    case 'command':
      return node.words.map(printWord).join(' ')
    default:
      return printOperand(node)
  }
}

function printBranch(node: BranchNode): string {
  const otherwise = node.otherwise === undefined ? '' : `{{else}}${printNode(node.otherwise)}`
  return `{{${node.kind} ${printNode(node.pipe)}}}${printNode(node.body)}${otherwise}{{end}}`
}

function printPipe(node: PipeNode): string {
  const declared =
    node.variables.length === 0 ? '' : `${node.variables.map(printNode).join(', ')} ${node.assigns ? '=' : ':='} `
  return declared + node.commands.map(printNode).join(' | ')
}

function printWord(word: OperandNode): string {
  return word.kind === 'pipe' ? `(${printPipe(word)})` : printNode(word)
}

function printOperand(node: Exclude<OperandNode, PipeNode>): string {
  switch (node.kind) {
    case 'field':
      return node.names.map((name) => `.${name}`).join('')
    case 'variable':
      return [node.name, ...node.names].join('.')
    case 'chain':
      return printWord(node.of) + node.names.map((name) => `.${name}`).join('')
    case 'identifier':
      return node.name
    case 'dot':
      return '.'
    case 'nil':
      return 'nil'
    case 'bool':
      return String(node.value)
    case 'string':
      return node.quoted
    case 'number':
      return node.text
  }
}
