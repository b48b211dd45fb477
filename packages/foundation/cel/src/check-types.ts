import { SyntaxFault, type Expression, type Literal } from './ast.ts'
import { qualifiedName } from './evaluate.ts'
import { propertySchema, type ValueSchema } from './schema-types.ts'

/**
 * What is known of a value's type before evaluation. `object` has the members of its schema, `dyn` is everything that is
 * not known. The check finds members that do not exist and comparisons that never hold; the rest shows when evaluating.
 */
export type StaticType =
  | { readonly kind: 'dyn' }
  | { readonly kind: 'scalar'; readonly name: string }
  | { readonly kind: 'list'; readonly item: StaticType }
  | { readonly kind: 'map'; readonly value: StaticType }
  | { readonly kind: 'object'; readonly schema: ValueSchema }

type Scope = ReadonlyMap<string, StaticType>

const dyn: StaticType = { kind: 'dyn' }
const bool: StaticType = { kind: 'scalar', name: 'bool' }
const int: StaticType = { kind: 'scalar', name: 'int' }
const numbers = new Set(['int', 'uint', 'double'])

/** The type that a schema gives to values. */
export function typeOfSchema(schema: ValueSchema): StaticType {
  if (schema['x-kubernetes-int-or-string'] === true) return dyn
  switch (schema['type']) {
    case 'boolean':
      return bool
    case 'integer':
      return int
    case 'number':
      return { kind: 'scalar', name: 'double' }
    case 'string':
      return { kind: 'scalar', name: formatTypes[String(schema['format'])] ?? 'string' }
    case 'array':
      return { kind: 'list', item: typeOfSchema(recordOf(schema['items'])) }
    case 'object':
      return objectType(schema)
    default:
      return dyn
  }
}

const formatTypes: Readonly<Record<string, string>> = {
  'date-time': 'google.protobuf.Timestamp',
  datetime: 'google.protobuf.Timestamp',
  date: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
  byte: 'bytes',
}

function objectType(schema: ValueSchema): StaticType {
  if (schema['properties'] !== undefined) return { kind: 'object', schema }
  const additional = schema['additionalProperties']
  if (additional === undefined || additional === true) return dyn
  return { kind: 'map', value: typeOfSchema(recordOf(additional)) }
}

function recordOf(value: unknown): ValueSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** The type of an expression. Throws SyntaxFault where it cannot be right. */
export function checkTypes(node: Expression, scope: Scope): StaticType {
  switch (node.kind) {
    case 'literal':
      return literalType(node.literal)
    case 'name':
      return scope.get(node.name) ?? dyn
    case 'select':
      return selectType(node, scope)
    case 'has':
      memberType(checkTypes(node.operand, scope), node.field, node.at)
      return bool
    case 'index':
      return indexType(node, scope)
    case 'call':
      return callType(node, scope)
    case 'method':
      return methodType(node, scope)
    default:
      return controlType(node, scope)
  }
}

function literalType(literal: Literal): StaticType {
  return literal.type === 'null' ? dyn : { kind: 'scalar', name: literal.type }
}

function selectType(node: Extract<Expression, { kind: 'select' }>, scope: Scope): StaticType {
  const name = qualifiedName(node)
  const root = name?.split('.')[0]
  // A name that is no variable begins the long name of a type.
  if (root !== undefined && !scope.has(root)) return dyn
  const found = memberType(checkTypes(node.operand, scope), node.field, node.at)
  return node.optional ? dyn : found
}

function memberType(operand: StaticType, field: string, at: number): StaticType {
  switch (operand.kind) {
    case 'dyn':
      return dyn
    case 'map':
      return operand.value
    case 'object': {
      const schema = propertySchema(operand.schema, field)
      if (schema === undefined) throw new SyntaxFault(`undefined field '${field}'`, at)
      return typeOfSchema(schema)
    }
    case 'list':
    case 'scalar':
      throw new SyntaxFault(`type '${describeType(operand)}' does not support field selection`, at)
  }
}

function indexType(node: Extract<Expression, { kind: 'index' }>, scope: Scope): StaticType {
  const operand = checkTypes(node.operand, scope)
  checkTypes(node.index, scope)
  if (node.optional) return dyn
  if (operand.kind === 'list') return operand.item
  return operand.kind === 'map' ? operand.value : dyn
}

/** A type as error messages name it. */
export function describeType(type: StaticType): string {
  switch (type.kind) {
    case 'dyn':
      return 'dyn'
    case 'scalar':
      return type.name
    case 'list':
      return `list(${describeType(type.item)})`
    case 'map':
      return `map(string, ${describeType(type.value)})`
    case 'object':
      return 'object'
  }
}

const comparisons = new Set(['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_'])
const arithmetic = new Set(['_+_', '_-_', '_*_', '_/_', '_%_'])
const conversions = new Set(['int', 'uint', 'double', 'string', 'bool', 'bytes'])

function callType(node: Extract<Expression, { kind: 'call' }>, scope: Scope): StaticType {
  const types = node.args.map((arg) => checkTypes(arg, scope))
  if (comparisons.has(node.name)) {
    if (!canCompare(types)) noOverload(node, types)
    return bool
  }
  if (node.name === '@in' || node.name === '!_') return bool
  if (node.name === 'size') return int
  if (conversions.has(node.name)) return { kind: 'scalar', name: node.name }
  if (!arithmetic.has(node.name)) return dyn
  if (!canAdd(types)) noOverload(node, types)
  return types[0]?.kind === 'scalar' && types[1]?.kind === 'scalar' && !isTime(types[0]) ? types[0] : dyn
}

function noOverload(node: Extract<Expression, { kind: 'call' }>, types: readonly StaticType[]): never {
  const names = types.map(describeType).join(', ')
  throw new SyntaxFault(`found no matching overload for '${node.name}' applied to '(${names})'`, node.at)
}

function isTime(type: StaticType): boolean {
  return type.kind === 'scalar' && type.name.startsWith('google.')
}

function canCompare([a, b]: readonly StaticType[]): boolean {
  if (a === undefined || b === undefined || a.kind === 'dyn' || b.kind === 'dyn') return true
  if (a.kind !== 'scalar' || b.kind !== 'scalar') return a.kind === b.kind || (isObjectLike(a) && isObjectLike(b))
  return a.name === b.name || (numbers.has(a.name) && numbers.has(b.name))
}

function isObjectLike(type: StaticType): boolean {
  return type.kind === 'map' || type.kind === 'object'
}

function canAdd([a, b]: readonly StaticType[]): boolean {
  if (a?.kind !== 'scalar' || b?.kind !== 'scalar') return true
  return a.name === b.name || isTime(a) || isTime(b)
}

const boolMethods = new Set(
  'contains startsWith endsWith matches hasValue isSorted isInteger isLessThan isGreaterThan containsIP containsCIDR isLoopback isUnspecified isGlobalUnicast'.split(
    ' ',
  ),
)
const intMethods = new Set('size indexOf lastIndexOf compareTo sign asInteger family prefixLength'.split(' '))

function methodType(node: Extract<Expression, { kind: 'method' }>, scope: Scope): StaticType {
  const root = qualifiedName(node.target)?.split('.')[0]
  for (const arg of node.args) checkTypes(arg, scope)
  if (root === undefined || scope.has(root)) checkTypes(node.target, scope)
  if (boolMethods.has(node.name)) return bool
  return intMethods.has(node.name) ? int : dyn
}

type Control = Exclude<Expression, { kind: 'literal' | 'name' | 'select' | 'has' | 'index' | 'call' | 'method' }>

function controlType(node: Control, scope: Scope): StaticType {
  switch (node.kind) {
    case 'list':
      return { kind: 'list', item: commonType(node.items.map(({ value }) => checkTypes(value, scope))) }
    case 'map':
      for (const { key } of node.items) checkTypes(key, scope)
      return { kind: 'map', value: commonType(node.items.map(({ value }) => checkTypes(value, scope))) }
    case 'and':
    case 'or':
      checkTypes(node.left, scope)
      checkTypes(node.right, scope)
      return bool
    case 'ternary':
      checkTypes(node.test, scope)
      return commonType([checkTypes(node.whenTrue, scope), checkTypes(node.whenFalse, scope)])
    case 'bind':
      return checkTypes(node.body, new Map([...scope, [node.name, checkTypes(node.value, scope)]]))
    case 'optMap':
      checkTypes(node.target, scope)
      checkTypes(node.body, new Map([...scope, [node.name, dyn]]))
      return dyn
    case 'comprehension':
      return comprehensionType(node, scope)
  }
}

function commonType(types: readonly StaticType[]): StaticType {
  const [first] = types
  if (first?.kind !== 'scalar') return dyn
  return types.every((type) => type.kind === 'scalar' && type.name === first.name) ? first : dyn
}

function comprehensionType(node: Extract<Expression, { kind: 'comprehension' }>, scope: Scope): StaticType {
  const range = checkTypes(node.range, scope)
  const item = range.kind === 'list' ? range.item : dyn
  const value = range.kind === 'map' ? range.value : item
  const [first = '', second] = node.names
  const names: [string, StaticType][] =
    second === undefined
      ? [[first, item]]
      : [
          [first, dyn],
          [second, value],
        ]
  const inner = new Map([...scope, ...names])
  if (node.filter !== undefined) checkTypes(node.filter, inner)
  const body = checkTypes(node.body, inner)
  return resultOf(node.of, { range, body })
}

function resultOf(
  of: Extract<Expression, { kind: 'comprehension' }>['of'],
  types: { readonly range: StaticType; readonly body: StaticType },
): StaticType {
  switch (of) {
    case 'all':
    case 'exists':
    case 'existsOne':
      return bool
    case 'filter':
    case 'sortBy':
      return types.range.kind === 'list' ? types.range : dyn
    case 'map':
    case 'transformList':
      return { kind: 'list', item: types.body }
    case 'transformMap':
      return { kind: 'map', value: types.body }
    case 'transformMapEntry':
      return dyn
  }
}
