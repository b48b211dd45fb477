import type { TemplateError } from '../parse/template-error.ts'
import { goObject, isGoObject, typeName, type GoValue, type ParamType } from '../value/go-value.ts'
import type { Frame } from './frame.ts'
import { goTypeOf, isAssignable } from './param-type.ts'
import type { AnyNode } from './scope.ts'

/** An argument as a parameter of a type takes it. Throws TemplateError when it does not. */
export type Arg = (frame: Frame, dot: GoValue, type: ParamType) => GoValue

/** The error of a node, with its place. */
export type Fail = (node: AnyNode, message: string, cause?: unknown) => TemplateError

/** Go's validateType: a value as a parameter takes it. Gives what is to be said about one that it does not take. */
export function passedAs(value: GoValue, type: ParamType, refuse: (message: string) => TemplateError): GoValue {
  if (type === 'value' || (type === 'string' && typeof value === 'string')) return value
  if (value === undefined) {
    if (type === 'any' || type === 'map' || type === 'list' || type === 'strings') return null
    throw refuse(`invalid value; expected ${goTypeOf(type)}`)
  }
  if (type === 'any') return isGoObject(value) ? (value[goObject].boxed ?? value) : value
  if (isAssignable(value, type)) return value
  throw refuse(
    `wrong type for value; expected ${goTypeOf(type)}; got ${value === null ? 'interface {}' : typeName(value)}`,
  )
}
