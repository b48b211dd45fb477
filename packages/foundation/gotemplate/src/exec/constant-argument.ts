import { printNode } from '../parse/print-node.ts'
import type { BoolNode, NumberNode, StringNode } from '../parse/nodes.ts'
import type { TemplateError } from '../parse/template-error.ts'
import { GoInt, type GoValue, type ParamType } from '../value/go-value.ts'
import type { Arg, Fail } from './argument.ts'
import { numberValue } from './number-value.ts'
import { goTypeOf } from './param-type.ts'

export type ConstantNode = BoolNode | StringNode | NumberNode

/** A constant as an argument, made once for each type that it is asked for as. */
export function constantArgument(node: ConstantNode, fail: Fail): Arg {
  let known: ParamType | undefined
  let value: GoValue
  return (_, __, type) => {
    if (type === known) return value
    value = constantOf(node, type, fail)
    known = type
    return value
  }
}

/** The value of an untyped constant: float64 when written as one, int otherwise. Throws TemplateError. */
export function untypedConstant(node: ConstantNode, fail: Fail): GoValue {
  if (node.kind !== 'number') return node.value
  const value = numberValue(node)
  if (value === undefined) throw fail(node, `${node.text} overflows int`)
  return value
}

/** A constant must be of the parameter's kind; numbers fit integers and floats where they are exact. */
function constantOf(node: ConstantNode, type: ParamType, fail: Fail): GoValue {
  const expected = (what: string): TemplateError => fail(node, `expected ${what}; found ${printNode(node)}`)
  if (typeof type === 'object') return namedConstant(node, type.type, fail)
  switch (type) {
    case 'string':
      if (node.kind !== 'string') throw expected('string')
      return node.value
    case 'bool':
      if (node.kind !== 'bool') throw expected('bool')
      return node.value
    case 'int':
    case 'int64':
      if (node.kind !== 'number' || node.int === undefined) throw expected('integer')
      return new GoInt(node.int, type)
    case 'float64':
      if (node.kind !== 'number' || node.float === undefined) throw expected('float')
      return node.float
    case 'any':
    case 'value':
      return untypedConstant(node, fail)
    default:
      throw fail(node, `can't handle ${printNode(node)} for arg of type ${goTypeOf(type)}`)
  }
}

/** A constant for a parameter of a named type: only integers have constants. */
function namedConstant(node: ConstantNode, type: string, fail: Fail): GoValue {
  if (type !== 'uint32') throw fail(node, `can't handle ${printNode(node)} for arg of type ${type}`)
  if (node.kind === 'number' && node.int !== undefined && node.int >= 0n) return new GoInt(node.int, 'uint32')
  throw fail(node, `expected unsigned integer; found ${printNode(node)}`)
}
