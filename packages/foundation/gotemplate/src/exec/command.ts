import type { ChainNode, CommandNode, FieldNode, IdentifierNode, OperandNode, VariableNode } from '../parse/nodes.ts'
import { quoteGo } from '../parse/quote.ts'
import { printNode } from '../parse/print-node.ts'
import type { TemplateError } from '../parse/template-error.ts'
import {
  absent,
  goObject,
  isGoObject,
  isMap,
  isMapMethod,
  isTrue,
  mapMethod,
  typeName,
  type GoFunction,
  type GoMap,
  type GoObject,
  type GoValue,
} from '../value/go-value.ts'
import { passedAs, type Arg, type Fail } from './argument.ts'
import { compileCall, invoke, type CallSite } from './call.ts'
import { constantArgument, type ConstantNode } from './constant-argument.ts'
import type { Expression, Frame } from './frame.ts'
import { goTypeOf } from './param-type.ts'
import type { CommandContext, Stage } from './stage.ts'
import { circuitOf, holdsInterfaces, lastNode, lastNodeOf, type AnyNode, type Elements } from './scope.ts'

/** One command: a function with its arguments, a field, a variable or a constant. */
export function compileCommand(command: CommandNode, context: CommandContext): Stage {
  const [first, ...args] = command.words
  if (first === undefined) return () => undefined
  const compiler = new CommandCompiler(context)
  switch (first.kind) {
    case 'field':
      return compiler.field(first, args)
    case 'chain':
      return compiler.chain(first, args)
    case 'identifier':
      return compiler.function(first, args, command)
    case 'variable':
      return compiler.variable(first, args)
    case 'pipe': {
      const value = context.compilePipe(first, context.place)
      return compiler.refuseArguments(first, args) ?? ((frame, dot) => value(frame, dot))
    }
    default:
      return compiler.constant(first, args)
  }
}

/** What a map has under a name, which is what templates read most; absent when something else is to be done. */
function entryOf(receiver: GoValue, name: string, frame: Frame): GoValue | typeof absent {
  if (typeof receiver !== 'object' || receiver === null) return absent
  if (Object.getPrototypeOf(receiver) === null) {
    const found = (receiver as GoMap)[name]
    if (found !== undefined) return found
  } else if (!isMap(receiver)) return absent
  if (Object.hasOwn(receiver, name)) return (receiver as GoMap)[name] ?? null
  const { missingKey } = frame.set
  if (missingKey === 'error') return absent
  return missingKey === 'zero' ? null : undefined
}

/** Looks a function up, and again when the functions are others than at the last time. */
function finderOf(name: string): (frame: Frame) => GoFunction | undefined {
  let known: Frame['set']['functions'] | undefined
  let found: GoFunction | undefined
  return (frame) => {
    const { functions } = frame.set
    if (functions !== known) {
      known = functions
      found = functions[name]
    }
    return found
  }
}

interface Reading {
  readonly node: AnyNode
  readonly frame: Frame
  /** Whether the receiver came out of a map or list of interface {}, which is its type then. */
  readonly isInterface: boolean
  /** Calls a method with the arguments that stand behind its name; undefined where there are none. */
  readonly call: ((method: GoFunction) => GoValue) | undefined
}

class CommandCompiler {
  readonly #context: CommandContext

  constructor(context: CommandContext) {
    this.#context = context
  }

  readonly #fail: Fail = (node, message, cause) => {
    const { place } = this.#context
    return place.scope.fail(node, { place, message, ...(cause === undefined ? {} : { cause }) })
  }

  /** A stage that always fails because what is no function got arguments; undefined when it got none. */
  refuseArguments(node: OperandNode, args: readonly OperandNode[]): Stage | undefined {
    if (this.#takesNothing(args)) return undefined
    return () => {
      // Go has not come to a pipeline in parentheses yet.
      const at = node.kind === 'pipe' ? this.#whereBefore() : node
      throw this.#fail(at, `can't give argument to non-function ${printNode(node)}`)
    }
  }

  #whereBefore(): AnyNode {
    const { before } = this.#context
    return before.kind === 'pipe' ? before : lastNodeOf(before)
  }

  constant(node: OperandNode, args: readonly OperandNode[]): Stage {
    const refusal = this.refuseArguments(node, args)
    if (refusal !== undefined) return refusal
    if (node.kind === 'nil')
      return () => {
        throw this.#fail(node, 'nil is not a command')
      }
    return this.#value(node)
  }

  // ── fields ──

  field(node: FieldNode, args: readonly OperandNode[]): Stage {
    const elements = this.#context.place.dotElements
    if (this.#takesNothing(args)) {
      const read = this.#fields(node, node.names, elements)
      return (frame, dot) => read(frame, dot)
    }
    const call = this.#method(node, { names: node.names, args, elements })
    return (frame, dot, final) => call(frame, dot, { dot, final })
  }

  chain(node: ChainNode, args: readonly OperandNode[]): Stage {
    if (node.of.kind === 'nil')
      return () => {
        throw this.#fail(node, `indirection through explicit nil in ${printNode(node)}`)
      }
    const receiver = this.#argument(node.of)
    const last = lastNode(node)
    if (this.#takesNothing(args)) {
      const read = this.#fields(last, node.names, undefined)
      return (frame, dot) => read(frame, receiver(frame, dot, 'value'))
    }
    const call = this.#method(last, { names: node.names, args, elements: undefined })
    return (frame, dot, final) => call(frame, receiver(frame, dot, 'value'), { dot, final })
  }

  variable(node: VariableNode, args: readonly OperandNode[]): Stage {
    const slot = this.#context.place.scope.slot(node.name)
    if (slot < 0)
      return () => {
        throw this.#fail(node, `undefined variable: ${node.name}`)
      }
    if (node.names.length === 0) return this.refuseArguments(node, args) ?? this.#whole(slot)
    const elements = this.#context.place.scope.elementsOf(slot)
    if (this.#takesNothing(args)) {
      const read = this.#fields(node, node.names, elements)
      return (frame) => read(frame, frame.vars[slot])
    }
    const call = this.#method(node, { names: node.names, args, elements })
    return (frame, dot, final) => call(frame, frame.vars[slot], { dot, final })
  }

  #takesNothing(args: readonly OperandNode[]): boolean {
    return args.length === 0 && !this.#context.hasFinal
  }

  /** A variable without fields behind it. */
  #whole(slot: number): Stage {
    const { recorder } = this.#context.place
    if (recorder === undefined) return (frame) => frame.vars[slot]
    return (frame) => {
      recorder.variable(frame.vars, slot)
      return frame.vars[slot]
    }
  }

  /** The data of the template. */
  #dot(): Expression {
    const { recorder } = this.#context.place
    if (recorder === undefined) return (_, dot) => dot
    return (_, dot) => {
      recorder.dot()
      return dot
    }
  }

  /** Fields behind one another, none of them with arguments. */
  #fields(
    node: AnyNode,
    names: readonly string[],
    elements: Elements | undefined,
  ): (frame: Frame, receiver: GoValue) => GoValue {
    const { recorder } = this.#context.place
    const last = names.length - 1
    const mayCall = names.some(isMapMethod)
    return (frame, receiver) => {
      let value = receiver
      let holder: GoValue
      for (let at = 0; at <= last; at += 1) {
        const name = names[at] ?? ''
        if (recorder !== undefined && at === last) recorder.field(value, name)
        const found = mayCall && isMapMethod(name) ? absent : entryOf(value, name, frame)
        const before = value
        value =
          found === absent
            ? this.#read(value, name, {
                node,
                frame,
                isInterface: at === 0 ? elements?.areInterfaces === true : holdsInterfaces(holder),
                call: undefined,
              })
            : found
        holder = before
      }
      return value
    }
  }

  /** Fields behind one another, the last of them a method with arguments. */
  #method(
    node: AnyNode,
    how: {
      readonly names: readonly string[]
      readonly args: readonly OperandNode[]
      readonly elements: Elements | undefined
    },
  ): (frame: Frame, receiver: GoValue, given: { readonly dot: GoValue; readonly final: GoValue }) => GoValue {
    const { recorder } = this.#context.place
    const name = how.names.at(-1) ?? ''
    const before = how.names.slice(0, -1)
    const read = this.#fieldsBefore(node, before, how.elements)
    const call = this.#call({ name, node, called: node, args: how.args, find: undefined })
    return (frame, receiver, { dot, final }) => {
      const value = read(frame, receiver)
      recorder?.field(value, name)
      return this.#read(value, name, {
        node,
        frame,
        isInterface: before.length > 0 || how.elements?.areInterfaces === true,
        call: (method) => {
          frame.method = method
          return call(frame, dot, final)
        },
      })
    }
  }

  /** Only the last of the fields is taken down. */
  #fieldsBefore(
    node: AnyNode,
    names: readonly string[],
    elements: Elements | undefined,
  ): (frame: Frame, receiver: GoValue) => GoValue {
    const { place } = this.#context
    if (place.recorder === undefined) return this.#fields(node, names, elements)
    const silent = new CommandCompiler({ ...this.#context, place: { ...place, recorder: undefined } })
    return silent.#fields(node, names, elements)
  }

  /** A field, map entry or method of a value. */
  #read(receiver: GoValue, name: string, on: Reading): GoValue {
    const { missingKey } = on.frame.set
    if (receiver === undefined) {
      if (missingKey === 'error') throw this.#fail(on.node, `nil data; no entry for key ${quoteGo(name)}`)
      return undefined
    }
    if (receiver === null) throw this.#fail(on.node, `nil pointer evaluating interface {}.${name}`)
    if (isGoObject(receiver)) return this.#member(receiver, name, on)
    if (isMap(receiver)) {
      const method = mapMethod(receiver, name)
      return method === undefined ? this.#entry(receiver, name, on) : this.#callMethod(method, name, on)
    }
    throw this.#noField(name, on.isInterface ? 'interface {}' : typeName(receiver), on)
  }

  #noField(name: string, type: string, on: Reading): TemplateError {
    return this.#fail(on.node, `can't evaluate field ${name} in type ${type}`)
  }

  #callMethod(method: GoFunction, name: string, on: Reading): GoValue {
    if (on.call !== undefined) return on.call(method)
    const want = method.signature.params.length
    if (want > 0) throw this.#fail(on.node, `wrong number of args for ${name}: want ${want} got 0`)
    return invoke(method, [], { name, called: on.node, fail: this.#fail })
  }

  /** A method or field of a struct, or an entry of a named map. */
  #member(receiver: GoObject, name: string, on: Reading): GoValue {
    const shape = receiver[goObject]
    const method = shape.method?.(name)
    if (method !== undefined) return this.#callMethod(method, name, on)
    const field = shape.field?.(name) ?? absent
    if (field !== absent) {
      if (on.call !== undefined) throw this.#fail(on.node, `${name} has arguments but cannot be invoked as function`)
      return field
    }
    if (shape.underlying !== undefined && isMap(shape.underlying)) return this.#entry(shape.underlying, name, on)
    throw this.#noField(name, on.isInterface ? 'interface {}' : shape.type, on)
  }

  #entry(map: GoMap, name: string, on: Reading): GoValue {
    if (on.call !== undefined) throw this.#fail(on.node, `${name} is not a method but has arguments`)
    const found = entryOf(map, name, on.frame)
    if (found === absent) throw this.#fail(on.node, `map has no entry for key ${quoteGo(name)}`)
    return found
  }

  // ── calls ──

  /** `called` is what Go names when the call itself fails. */
  function(node: IdentifierNode, args: readonly OperandNode[], called: AnyNode): Stage {
    const { name } = node
    if ((name === 'and' || name === 'or') && !this.#takesNothing(args))
      return this.#circuit({ endsOn: name === 'or', args, called })
    return this.#call({ name, node, called, args, find: finderOf(name) })
  }

  /** `and` and `or` evaluate only as many arguments as they need. */
  #circuit({
    endsOn,
    args,
    called,
  }: {
    readonly endsOn: boolean
    readonly args: readonly OperandNode[]
    readonly called: AnyNode
  }): Stage {
    const circuit = called.kind === 'command' ? circuitOf(called) : undefined
    const values = args.map((arg) => this.#argument(arg))
    const { hasFinal } = this.#context
    return (frame, dot, final) => {
      let value: GoValue
      for (let at = 0; at < values.length; at += 1) {
        value = values[at]?.(frame, dot, 'value')
        if (circuit !== undefined) circuit.ended = args[at]
        if (isTrue(value) === endsOn) return value
      }
      return hasFinal ? final : value
    }
  }

  #call(how: Pick<CallSite, 'name' | 'node' | 'called' | 'args' | 'find'>): Stage {
    const { hasFinal, place } = this.#context
    const values = how.args.map((arg) => this.#argument(arg))
    return compileCall({ ...how, values, hasFinal, recorder: place.recorder, fail: this.#fail })
  }

  // ── arguments ──

  #argument(node: OperandNode): Arg {
    switch (node.kind) {
      case 'dot': {
        const read = this.#dot()
        const refuse = this.#refusal(node)
        return (frame, dot, type) => passedAs(read(frame, dot), type, refuse)
      }
      case 'nil':
        return (_, __, type) => {
          // reflect's zero Value is no value at all.
          if (type === 'value') return undefined
          if (type === 'any' || type === 'map' || type === 'list' || type === 'strings') return null
          throw this.#fail(node, `cannot assign nil to ${goTypeOf(type)}`)
        }
      case 'field':
      case 'chain':
      case 'variable':
      case 'identifier': {
        const read = this.#bare(node)
        const refuse = this.#refusal(node)
        return (frame, dot, type) => passedAs(read(frame, dot, undefined), type, refuse)
      }
      case 'pipe': {
        const value = this.#context.compilePipe(node, this.#context.place)
        const refuse = this.#refusal(node)
        return (frame, dot, type) => passedAs(value(frame, dot), type, refuse)
      }
      default:
        return constantArgument(node, this.#fail)
    }
  }

  /** Go points to where it was last when a value did not fit. */
  #refusal(node: OperandNode): (message: string) => TemplateError {
    return (message) => this.#fail(lastNode(node), message)
  }

  #bare(node: FieldNode | ChainNode | VariableNode | IdentifierNode): Stage {
    const alone = this.#context.hasFinal ? new CommandCompiler({ ...this.#context, hasFinal: false }) : this
    switch (node.kind) {
      case 'field':
        return alone.field(node, [])
      case 'chain':
        return alone.chain(node, [])
      case 'variable':
        return alone.variable(node, [])
      case 'identifier':
        return alone.function(node, [], node)
    }
  }

  #value(node: OperandNode): Stage {
    switch (node.kind) {
      case 'dot':
        return this.#dot()
      case 'bool':
      case 'string':
      case 'number':
        return this.#constant(node)
      default:
        return () => undefined
    }
  }

  #constant(node: ConstantNode): Stage {
    const read = constantArgument(node, this.#fail)
    return (frame, dot) => read(frame, dot, 'value')
  }
}
