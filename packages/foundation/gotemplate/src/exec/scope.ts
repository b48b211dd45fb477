import type { CommandNode, ListNode, OperandNode, PipeNode, StatementNode, Tree, VariableNode } from '../parse/nodes.ts'
import { quoteGo } from '../parse/quote.ts'
import { printNode } from '../parse/print-node.ts'
import { TemplateError } from '../parse/template-error.ts'
import type { GoValue } from '../value/go-value.ts'
import type { Frame } from './frame.ts'
import type { Recorder } from './recorder.ts'

/** Any node that an error can point at. */
export type AnyNode = StatementNode | ListNode | PipeNode | CommandNode | OperandNode

/** The node that Go was at last when it had evaluated an operand or a pipeline: errors found after that point there. */
export function lastNode(node: OperandNode | PipeNode): AnyNode {
  if (node.kind === 'chain') return lastNode(node.of)
  if (node.kind !== 'pipe') return node
  const command = node.commands.at(-1)
  const last = command?.words.at(-1)
  return last === undefined ? node : lastNode(last)
}

/** Where code is compiled: in which tree, with which variables in sight. */
export interface Place {
  readonly tree: Tree
  readonly scope: Scope
  /** Takes down where output comes from; without one nothing is. */
  readonly recorder: Recorder | undefined
  /** Whether dot is an element of a list or map that is ranged over. */
  readonly dotIsElement: boolean
}

export type Setter = (frame: Frame, value: GoValue) => void

/** Variables in sight while compiling, each with its slot in the frame; `$` is slot 0. */
export class Scope {
  #names: string[] = ['$']
  #elements = new Set<number>()

  /** The same variables, whatever is declared or released here from now on. */
  copy(): Scope {
    const copy = new Scope()
    copy.#names = [...this.#names]
    copy.#elements = new Set(this.#elements)
    return copy
  }

  mark(): number {
    return this.#names.length
  }

  release(mark: number): void {
    this.#names.length = mark
  }

  declare(name: string): Setter {
    const slot = this.#names.length
    this.#names.push(name)
    this.#elements.delete(slot)
    return (frame, value) => {
      frame.vars[slot] = value
    }
  }

  /** Sets the nearest variable of that name; fails when run where there is none. */
  assign(variable: VariableNode, place: Place): Setter {
    const slot = this.slot(variable.name)
    if (slot < 0)
      return () => {
        throw this.fail(variable, { place, message: `undefined variable: ${variable.name}` })
      }
    return (frame, value) => {
      frame.vars[slot] = value
    }
  }

  /** The setter of a loop variable, which takes elements as they are. */
  setter(variable: VariableNode, place: Place): Setter {
    this.#elements.add(this.slot(variable.name))
    return this.assign(variable, place)
  }

  isElement(slot: number): boolean {
    return this.#elements.has(slot)
  }

  slot(name: string): number {
    return this.#names.lastIndexOf(name)
  }

  /** The error of an execution, with the place and text of the node it happened at. */
  fail(
    node: AnyNode,
    how: { readonly place: Place; readonly message: string; readonly cause?: unknown },
  ): TemplateError {
    const { tree } = how.place
    const before = tree.text.slice(0, node.at)
    const line = before.split('\n').length
    const column = new TextEncoder().encode(before.slice(before.lastIndexOf('\n') + 1)).length
    const text = `template: ${tree.parseName}:${line}:${column}: executing ${quoteGo(tree.name)} at <${printNode(node)}>: ${how.message}`
    return new TemplateError(text, how.cause === undefined ? undefined : { cause: how.cause })
  }
}
