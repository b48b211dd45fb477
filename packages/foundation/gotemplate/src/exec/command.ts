import type {
  ChainNode,
  CommandNode,
  FieldNode,
  IdentifierNode,
  NumberNode,
  OperandNode,
  VariableNode,
} from '../parse/nodes.ts'
import { quoteGo } from '../parse/quote.ts'
import { printNode } from '../parse/print-node.ts'
import {
  GoInt,
  absent,
  goObject,
  isGoObject,
  isMap,
  reflectText,
  typeName,
  type GoFunction,
  type GoObject,
  type GoValue,
  type ParamType,
} from '../value/go-value.ts'
import { FunctionError } from './function-error.ts'
import { TemplateError } from '../parse/template-error.ts'
import { isTrue } from '../value/go-value.ts'
import { BudgetError, type Expression, type Frame } from './frame.ts'
import { goTypeOf, isAssignable } from './param-type.ts'
import type { CommandContext, Stage } from './stage.ts'
import { numberValue } from './number-value.ts'
import { lastNode, type AnyNode } from './scope.ts'

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
      const refusal = compiler.refuseArguments(command, {
        args,
        at: command.words.length > 1 || context.hasFinal ? command : first,
      })
      return refusal ?? ((frame, dot) => value(frame, dot))
    }
    default:
      return compiler.constant(first, args)
  }
}

/** An entry of a map that has no type of its own, which is what templates read most; absent when there is none. */
function plainEntry(receiver: GoValue, name: string): GoValue | typeof absent {
  if (typeof receiver !== 'object' || receiver === null || !Object.hasOwn(receiver, name) || !isMap(receiver))
    return absent
  return receiver[name] ?? null
}

interface Reading {
  readonly node: AnyNode
  readonly frame: Frame
  /** Whether the receiver came out of a map or list, where its static type is interface {}. */
  readonly isElement: boolean
  readonly hasArgs: boolean
  readonly method: (method: GoFunction) => GoValue
}

type Arg = (frame: Frame, dot: GoValue, type: ParamType) => GoValue

type Call = (fun: GoFunction, on: { frame: Frame; dot: GoValue; final: GoValue }) => GoValue

class CommandCompiler {
  readonly #context: CommandContext

  constructor(context: CommandContext) {
    this.#context = context
  }

  #fail(node: AnyNode, message: string, cause?: unknown): TemplateError {
    const { place } = this.#context
    return place.scope.fail(node, { place, message, ...(cause === undefined ? {} : { cause }) })
  }

  /** A stage that always fails because what is no function got arguments; undefined when it got none. */
  refuseArguments(
    named: CommandNode | OperandNode,
    how: { readonly args: readonly OperandNode[]; readonly at: AnyNode },
  ): Stage | undefined {
    if (how.args.length === 0 && !this.#context.hasFinal) return undefined
    const shown = named.kind === 'command' ? named.words[0] : named
    const text = shown === undefined ? '' : printNode(shown)
    return () => {
      throw this.#fail(how.at, `can't give argument to non-function ${text}`)
    }
  }

  constant(node: OperandNode, args: readonly OperandNode[]): Stage {
    const refusal = this.refuseArguments(node, { args, at: node })
    if (refusal !== undefined) return refusal
    if (node.kind === 'nil')
      return () => {
        throw this.#fail(node, 'nil is not a command')
      }
    return this.#value(node)
  }

  // ── fields ──

  field(node: FieldNode, args: readonly OperandNode[]): Stage {
    const read = this.#path(node, { names: node.names, args, isElement: this.#context.place.dotIsElement })
    return (frame, dot, final) => read(frame, { dot, receiver: dot, final })
  }

  chain(node: ChainNode, args: readonly OperandNode[]): Stage {
    if (node.of.kind === 'nil')
      return () => {
        throw this.#fail(node, `indirection through explicit nil in ${printNode(node)}`)
      }
    const receiver = this.#argument(node.of)
    const read = this.#path(lastNode(node), { names: node.names, args, isElement: false })
    return (frame, dot, final) => read(frame, { dot, receiver: receiver(frame, dot, 'value'), final })
  }

  variable(node: VariableNode, args: readonly OperandNode[]): Stage {
    const slot = this.#context.place.scope.slot(node.name)
    const value: Expression = (frame) => {
      if (slot < 0) throw this.#fail(node, `undefined variable: ${node.name}`)
      return frame.vars[slot]
    }
    if (node.names.length === 0) return this.refuseArguments(node, { args, at: node }) ?? this.#whole(value, slot)
    const read = this.#path(node, { names: node.names, args, isElement: this.#context.place.scope.isElement(slot) })
    return (frame, dot, final) => read(frame, { dot, receiver: value(frame, dot), final })
  }

  /** A variable without fields behind it. */
  #whole(value: Expression, slot: number): Stage {
    const { recorder } = this.#context.place
    if (recorder === undefined) return (frame, dot) => value(frame, dot)
    return (frame, dot) => {
      recorder.variable(frame.vars, slot)
      return value(frame, dot)
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

  #path(
    node: AnyNode,
    how: { readonly names: readonly string[]; readonly args: readonly OperandNode[]; readonly isElement: boolean },
  ): (frame: Frame, on: { dot: GoValue; receiver: GoValue; final: GoValue }) => GoValue {
    const { recorder } = this.#context.place
    const last = how.names.at(-1) ?? ''
    const before = how.names.slice(0, -1)
    const hasArgs = how.args.length > 0 || this.#context.hasFinal
    // Few fields turn out to be methods; only arguments must be looked at while their variables are in sight.
    let call = how.args.length > 0 ? this.#call({ name: last, node, called: node, args: how.args }) : undefined
    return (frame, { dot, receiver, final }) => {
      let value = receiver
      let isElement = how.isElement
      for (const name of before) {
        const found = plainEntry(value, name)
        value =
          found === absent
            ? this.#read(value, name, {
                node,
                frame,
                isElement,
                hasArgs: false,
                method: (method) => this.#invoke(method, [], { node, name }),
              })
            : found
        isElement = true
      }
      if (recorder !== undefined) recorder.field(value, last)
      const found = hasArgs ? absent : plainEntry(value, last)
      if (found !== absent) return found
      return this.#read(value, last, {
        node,
        frame,
        isElement,
        hasArgs,
        method: (method) => {
          call ??= this.#call({ name: last, node, called: node, args: [] })
          return call(method, { frame, dot, final })
        },
      })
    }
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
    if (isMap(receiver)) return this.#entry(receiver, name, on)
    throw this.#noField(name, on.isElement ? 'interface {}' : typeName(receiver), on)
  }

  #noField(name: string, type: string, on: Reading): TemplateError {
    return this.#fail(on.node, `can't evaluate field ${name} in type ${type}`)
  }

  /** A method or field of a struct, or an entry of a named map. */
  #member(receiver: GoObject, name: string, on: Reading): GoValue {
    const shape = receiver[goObject]
    const method = shape.method?.(name)
    if (method !== undefined) return on.method(method)
    const field = shape.field?.(name) ?? absent
    if (field !== absent) {
      if (on.hasArgs) throw this.#fail(on.node, `${name} has arguments but cannot be invoked as function`)
      return field
    }
    if (shape.underlying !== undefined && isMap(shape.underlying)) return this.#entry(shape.underlying, name, on)
    throw this.#noField(name, shape.type, on)
  }

  #entry(
    map: Readonly<Record<string, GoValue>>,
    name: string,
    on: { readonly node: AnyNode; readonly frame: Frame; readonly hasArgs: boolean },
  ): GoValue {
    if (on.hasArgs) throw this.#fail(on.node, `${name} is not a method but has arguments`)
    if (Object.hasOwn(map, name)) return map[name] ?? null
    const { missingKey } = on.frame.set
    if (missingKey === 'error') throw this.#fail(on.node, `map has no entry for key ${quoteGo(name)}`)
    return missingKey === 'zero' ? null : undefined
  }

  // ── calls ──

  /** `called` is what Go names when the call itself fails. */
  function(node: IdentifierNode, args: readonly OperandNode[], called: AnyNode): Stage {
    const { name } = node
    const call = this.#call({ name, node, called, args })
    const circuit = name === 'and' || name === 'or' ? this.#circuit(name === 'or', args) : undefined
    return (frame, dot, final) => {
      const fun = frame.set.functions[name]
      if (fun === undefined) throw this.#fail(node, `${quoteGo(name)} is not a defined function`)
      return circuit === undefined || (args.length === 0 && !this.#context.hasFinal)
        ? call(fun, { frame, dot, final })
        : circuit(frame, dot, final)
    }
  }

  /** `and` and `or` evaluate only as many arguments as they need. */
  #circuit(endsOn: boolean, args: readonly OperandNode[]): Stage {
    const values = args.map((arg) => this.#argument(arg))
    return (frame, dot, final) => {
      let value: GoValue
      for (const read of values) {
        value = read(frame, dot, 'value')
        if (isTrue(value) === endsOn) return value
      }
      return this.#context.hasFinal ? final : value
    }
  }

  #call(how: {
    readonly name: string
    readonly node: AnyNode
    readonly called: AnyNode
    readonly args: readonly OperandNode[]
  }): Call {
    const values = how.args.map((arg) => this.#argument(arg))
    const { hasFinal } = this.#context
    const { recorder } = this.#context.place
    const lastArg = how.args.at(-1)
    const finalNode = lastArg === undefined ? how.node : lastNode(lastArg)
    const count = values.length + (hasFinal ? 1 : 0)
    const isCall = how.name === 'call'
    const callee = isCall ? how.args[0] : undefined
    return (fun, { frame, dot, final }) => {
      const { params, variadic = false } = fun.signature
      if (variadic || isCall || count !== params.length)
        this.#checkCount(how, { count, given: values.length, params: params.length, variadic })
      const mark = recorder === undefined ? 0 : recorder.mark()
      const lastType = params.at(-1) ?? 'any'
      const given: GoValue[] = []
      for (let at = 0; at < values.length; at += 1) given.push(values[at]?.(frame, dot, params[at] ?? lastType))
      if (hasFinal) given.push(this.#convert(final, params[count - 1] ?? lastType, finalNode))
      const args = isCall ? [callee === undefined ? reflectText(final) : printNode(callee), ...given] : given
      const result = this.#invoke(fun, args, { name: how.name, node: how.called })
      frame.set.budget.result(result)
      if (recorder !== undefined) recorder.called(how.name, { args: given, result, mark })
      return result
    }
  }

  #invoke(fun: GoFunction, args: readonly GoValue[], how: { readonly name: string; readonly node: AnyNode }): GoValue {
    try {
      return fun.call(args)
    } catch (error) {
      // The end of the stack: there may be no room for more questions.
      if (error instanceof RangeError) throw error
      if (error instanceof BudgetError || !(error instanceof FunctionError || error instanceof TemplateError))
        throw error
      throw this.#fail(how.node, `error calling ${how.name}: ${error.message}`, error)
    }
  }

  #checkCount(
    how: { readonly name: string; readonly node: AnyNode },
    n: { count: number; given: number; params: number; variadic: boolean },
  ): void {
    const isCall = how.name === 'call'
    const want = (n.variadic ? n.params - 1 : n.params) - (isCall ? 1 : 0)
    if (n.variadic && n.count < want)
      throw this.#fail(how.node, `wrong number of args for ${how.name}: want at least ${want} got ${n.given}`)
    if (!n.variadic && n.count !== want)
      throw this.#fail(how.node, `wrong number of args for ${how.name}: want ${want} got ${n.count}`)
  }

  // ── arguments ──

  #argument(node: OperandNode): Arg {
    switch (node.kind) {
      case 'dot': {
        const read = this.#dot()
        return (frame, dot, type) => this.#convert(read(frame, dot), type, node)
      }
      case 'nil':
        return (_, __, type) => {
          if (type === 'value' || type === 'any' || type === 'map' || type === 'list' || type === 'strings') return null
          throw this.#fail(node, `cannot assign nil to ${goTypeOf(type)}`)
        }
      case 'field':
      case 'chain':
      case 'variable':
      case 'identifier': {
        const read = this.#bare(node)
        const last = lastNode(node)
        return (frame, dot, type) => this.#convert(read(frame, dot, undefined), type, last)
      }
      case 'pipe': {
        const value = this.#context.compilePipe(node, this.#context.place)
        const last = lastNode(node)
        return (frame, dot, type) => this.#convert(value(frame, dot), type, last)
      }
      default: {
        const value = this.#value(node)
        return (frame, dot, type) => this.#constant(node, { type, value: () => value(frame, dot, undefined) })
      }
    }
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

  /** A constant must be of the parameter's kind; numbers fit integers and floats where they are exact. */
  #constant(node: OperandNode, how: { readonly type: ParamType; readonly value: () => GoValue }): GoValue {
    const expected = (what: string): TemplateError => this.#fail(node, `expected ${what}; found ${printNode(node)}`)
    if (typeof how.type === 'object') return this.#named(node, how.type.type)
    switch (how.type) {
      case 'string':
        if (node.kind !== 'string') throw expected('string')
        return node.value
      case 'bool':
        if (node.kind !== 'bool') throw expected('bool')
        return node.value
      case 'int':
      case 'int64':
        if (node.kind !== 'number' || node.int === undefined) throw expected('integer')
        return new GoInt(node.int, how.type)
      case 'float64':
        if (node.kind !== 'number' || node.float === undefined) throw expected('float')
        return node.float
      case 'any':
      case 'value':
        return how.value()
      default:
        throw this.#fail(node, `can't handle ${printNode(node)} for arg of type ${goTypeOf(how.type)}`)
    }
  }

  /** A constant for a parameter of a named type: only integers have constants. */
  #named(node: OperandNode, type: string): GoValue {
    if (type !== 'uint32') throw this.#fail(node, `can't handle ${printNode(node)} for arg of type ${type}`)
    if (node.kind === 'number' && node.int !== undefined && node.int >= 0n) return new GoInt(node.int, 'uint32')
    throw this.#fail(node, `expected unsigned integer; found ${printNode(node)}`)
  }

  #value(node: OperandNode): Stage {
    switch (node.kind) {
      case 'bool':
      case 'string': {
        const { value } = node
        return () => value
      }
      case 'dot':
        return this.#dot()
      case 'number':
        return this.#number(node)
      default:
        return () => undefined
    }
  }

  /** The value of an untyped constant: float64 when written as one, int otherwise. */
  #number(node: NumberNode): Stage {
    const value = numberValue(node)
    if (value !== undefined) return () => value
    return () => {
      throw this.#fail(node, `${node.text} overflows int`)
    }
  }

  /** Go's validateType: whether a value may be passed for a parameter. */
  #convert(value: GoValue, type: ParamType, node: AnyNode): GoValue {
    if (type === 'value') return value
    if (value === undefined) {
      if (type === 'any' || type === 'map' || type === 'list' || type === 'strings') return null
      throw this.#fail(node, `invalid value; expected ${goTypeOf(type)}`)
    }
    if (type === 'any') return isGoObject(value) ? (value[goObject].boxed ?? value) : value
    if (isAssignable(value, type)) return value
    throw this.#fail(
      node,
      `wrong type for value; expected ${goTypeOf(type)}; got ${value === null ? 'interface {}' : typeName(value)}`,
    )
  }
}
