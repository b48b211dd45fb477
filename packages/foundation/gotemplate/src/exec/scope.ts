import type { CommandNode, ListNode, OperandNode, PipeNode, StatementNode, Tree, VariableNode } from '../parse/nodes.ts'
import { quoteGo } from '../parse/quote.ts'
import { printNode } from '../parse/print-node.ts'
import { TemplateError } from '../parse/template-error.ts'
import { textToBytes } from '../value/bytes.ts'
import { isGoObject, typeName, type GoValue } from '../value/go-value.ts'
import type { Frame } from './frame.ts'
import type { Recorder } from './recorder.ts'

/** Any node that an error can point at. */
export type AnyNode = StatementNode | ListNode | PipeNode | CommandNode | OperandNode

/** The node that Go was at last when it had evaluated an operand or a pipeline: errors found after that point there. */
export function lastNode(node: OperandNode | PipeNode): AnyNode {
  if (node.kind === 'chain') return lastNode(node.of)
  if (node.kind !== 'pipe') return node
  const command = node.commands.at(-1)
  return command === undefined ? node : lastNodeOf(command)
}

/** As lastNode, of a command. */
export function lastNodeOf(command: CommandNode): AnyNode {
  const last = circuits.get(command)?.ended ?? command.words.at(-1)
  return last === undefined ? command : lastNode(last)
}

/** The argument that `and` or `or` evaluated last. */
export interface Circuit {
  ended: OperandNode | undefined
}

const circuits = new WeakMap<CommandNode, Circuit>()

/** Where an `and` or `or` is to write down the argument it evaluated last. */
export function circuitOf(command: CommandNode): Circuit {
  const circuit: Circuit = circuits.get(command) ?? { ended: undefined }
  circuits.set(command, circuit)
  return circuit
}

/** What a loop runs over at the moment: elements of type interface {}, whose own type is not known to Go, or others. */
export interface Elements {
  areInterfaces: boolean
}

/** Whether what a value holds is of type interface {}. */
export function holdsInterfaces(value: GoValue): boolean {
  if (typeof value !== 'object' || value === null || isGoObject(value)) return false
  const type = typeName(value)
  return type.endsWith('interface {}') || type === 'common.Values'
}

/** Where code is compiled: in which tree, with which variables in sight. */
export interface Place {
  readonly tree: Tree
  readonly scope: Scope
  /** Takes down where output comes from; without one nothing is. */
  readonly recorder: Recorder | undefined
  /** The loop that dot is an element of. */
  readonly dotElements: Elements | undefined
}

export type Setter = (frame: Frame, value: GoValue) => void

/** Variables in sight while compiling, each with its slot in the frame; `$` is slot 0. */
export class Scope {
  #names: string[] = ['$']
  #elements = new Map<number, Elements>()

  /** The same variables, whatever is declared or released here from now on. */
  copy(): Scope {
    const copy = new Scope()
    copy.#names = [...this.#names]
    copy.#elements = new Map(this.#elements)
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
  assign(variable: VariableNode, { place, pipe }: { readonly place: Place; readonly pipe: PipeNode }): Setter {
    const slot = this.slot(variable.name)
    if (slot < 0)
      return () => {
        throw this.fail(lastNode(pipe), { place, message: `undefined variable: ${variable.name}` })
      }
    return (frame, value) => {
      frame.vars[slot] = value
    }
  }

  /** Says that a variable is an element of a loop. */
  holdsElement(variable: VariableNode, elements: Elements): void {
    this.#elements.set(this.slot(variable.name), elements)
  }

  /** The loop that a variable is an element of. */
  elementsOf(slot: number): Elements | undefined {
    return this.#elements.get(slot)
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
    const column = textToBytes(before.slice(before.lastIndexOf('\n') + 1)).length
    const text = `template: ${tree.parseName}:${line}:${column}: executing ${quoteGo(tree.name)} at <${printNode(node)}>: ${how.message}`
    return new TemplateError(text, how.cause === undefined ? undefined : { cause: how.cause })
  }
}
