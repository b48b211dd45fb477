import type { Expression, Literal } from './ast.ts'
import { evaluateComprehension } from './comprehension.ts'
import type { Frame } from './frame.ts'
import { globalFunctions, methods } from './library/index.ts'
import type { Overload } from './library/define.ts'
import { unescapeName } from './names.ts'
import {
  CelError,
  CelOptional,
  CelType,
  CelUint,
  isList,
  isMap,
  mapKey,
  numeric,
  typeName,
  type CelKey,
  type CelValue,
} from './values.ts'

/** Evaluates an expression. Throws CelError, or BudgetError when it takes too many steps. */
export function evaluate(node: Expression, frame: Frame): CelValue {
  frame.step()
  switch (node.kind) {
    case 'literal':
      return literalValue(node.literal)
    case 'name':
      return variable(node.name, frame)
    case 'select':
      return select(node, frame)
    case 'has':
      return member(evaluate(node.operand, frame), node.field) !== undefined
    case 'index':
      return index(node, frame)
    case 'call':
      return call(
        node.name,
        globalFunctions.get(node.name),
        node.args.map((arg) => evaluate(arg, frame)),
      )
    case 'method':
      return method(node, frame)
    case 'list':
      return list(node, frame)
    case 'map':
      return map(node, frame)
    default:
      return evaluateControl(node, frame)
  }
}

type Control = Extract<Expression, { kind: 'and' | 'or' | 'ternary' | 'bind' | 'optMap' | 'comprehension' }>

function evaluateControl(node: Control, frame: Frame): CelValue {
  switch (node.kind) {
    case 'and':
      return logic(node, frame, false)
    case 'or':
      return logic(node, frame, true)
    case 'ternary': {
      const test = evaluate(node.test, frame)
      if (typeof test !== 'boolean') throw new CelError('no such overload')
      return evaluate(test ? node.whenTrue : node.whenFalse, frame)
    }
    case 'bind':
      return evaluate(node.body, frame.with(new Map([[node.name, evaluate(node.value, frame)]])))
    case 'optMap':
      return optionalMap(node, frame)
    case 'comprehension':
      return evaluateComprehension(node, evaluate(node.range, frame), { frame, evaluate })
  }
}

function literalValue(literal: Literal): CelValue {
  switch (literal.type) {
    case 'null':
      return null
    case 'uint':
      return new CelUint(literal.value)
    default:
      return literal.value
  }
}

const types = [
  'bool',
  'bytes',
  'double',
  'dyn',
  'int',
  'list',
  'map',
  'null_type',
  'optional_type',
  'string',
  'type',
  'uint',
]
/** Types as values; those of other languages are known by their long names. */
export const typeValues: ReadonlyMap<string, CelType> = new Map([
  ...types.map((name) => [name, new CelType(name)] as const),
  ['google.protobuf.Timestamp', new CelType('google.protobuf.Timestamp')] as const,
  ['google.protobuf.Duration', new CelType('google.protobuf.Duration')] as const,
])

function variable(name: string, frame: Frame): CelValue {
  const bound = frame.get(name)
  const value = bound === undefined ? typeValues.get(name) : bound
  if (value === undefined) throw new CelError(`no such attribute(s): ${name}`)
  return value
}

/** `a.b.c` as one name, where it is nothing but names. */
export function qualifiedName(node: Expression): string | undefined {
  if (node.kind === 'name') return node.name
  if (node.kind !== 'select' || node.optional) return undefined
  const before = qualifiedName(node.operand)
  return before === undefined ? undefined : `${before}.${node.field}`
}

function select(node: Extract<Expression, { kind: 'select' }>, frame: Frame): CelValue {
  const name = node.optional ? undefined : qualifiedName(node)
  if (name !== undefined) {
    const bound = frame.get(name)
    const whole = bound === undefined ? typeValues.get(name) : bound
    if (whole !== undefined) return whole
  }
  const operand = evaluate(node.operand, frame)
  if (node.optional || operand instanceof CelOptional) {
    const inner = operand instanceof CelOptional ? operand.value : operand
    return new CelOptional(inner === undefined ? undefined : member(inner, node.field))
  }
  const found = member(operand, node.field)
  if (found === undefined) throw new CelError(`no such key: ${node.field}`)
  return found
}

/** A field of a map; names that CEL cannot write are found by their escaped form. */
function member(operand: CelValue, field: string): CelValue | undefined {
  const inner = operand instanceof CelOptional ? operand.value : operand
  if (inner === undefined) return undefined
  if (!isMap(inner)) throw new CelError('no such overload')
  const found = inner.get(field)
  return found === undefined ? inner.get(unescapeName(field)) : found
}

function index(node: Extract<Expression, { kind: 'index' }>, frame: Frame): CelValue {
  const operand = evaluate(node.operand, frame)
  const key = evaluate(node.index, frame)
  const isOptional = node.optional || operand instanceof CelOptional
  const inner = operand instanceof CelOptional ? operand.value : operand
  if (inner === undefined) return new CelOptional(undefined)
  const found = itemAt(inner, key)
  if (isOptional) return new CelOptional(found)
  if (found !== undefined) return found
  throw new CelError(isList(inner) ? `index out of bounds: ${describeKey(key)}` : `no such key: ${describeKey(key)}`)
}

function itemAt(operand: CelValue, key: CelValue): CelValue | undefined {
  if (isMap(operand)) {
    const known = mapKey(key)
    if (known === undefined && numeric(key) === undefined) throw new CelError('unsupported key type')
    return known === undefined ? undefined : operand.get(known)
  }
  const at = numeric(key)
  if (!isList(operand) || at === undefined) throw new CelError('no such overload')
  if (!Number.isInteger(Number(at))) throw new CelError(`unsupported index value ${describeKey(key)}`)
  return at < 0 ? undefined : operand[Number(at)]
}

function describeKey(key: CelValue): string {
  const number = numeric(key)
  return number === undefined ? String(mapKey(key) ?? typeName(key)) : String(number)
}

/** Calls the first overload that takes the arguments. */
export function call(name: string, overloads: readonly Overload[] | undefined, args: readonly CelValue[]): CelValue {
  for (const overload of overloads ?? []) {
    const result = overload(args)
    if (result !== undefined) return result
  }
  const types = args.map(typeName).join(', ')
  throw new CelError(overloads === undefined ? `unbound function: ${name}` : `no such overload: ${name}(${types})`)
}

function method(node: Extract<Expression, { kind: 'method' }>, frame: Frame): CelValue {
  const namespace = qualifiedName(node.target)
  const whole = namespace === undefined ? undefined : globalFunctions.get(`${namespace}.${node.name}`)
  if (whole !== undefined)
    return call(
      `${namespace ?? ''}.${node.name}`,
      whole,
      node.args.map((arg) => evaluate(arg, frame)),
    )
  const target = evaluate(node.target, frame)
  const [alternative] = node.args
  if (target instanceof CelOptional && alternative !== undefined && node.args.length === 1) {
    if (node.name === 'orValue') return target.value === undefined ? evaluate(alternative, frame) : target.value
    if (node.name === 'or') return target.value === undefined ? evaluate(alternative, frame) : target
  }
  const args = node.args.map((arg) => evaluate(arg, frame))
  return call(node.name, methods.get(node.name), [target, ...args])
}

function list(node: Extract<Expression, { kind: 'list' }>, frame: Frame): CelValue {
  const out: CelValue[] = []
  for (const { value, optional } of node.items) {
    const item = evaluate(value, frame)
    if (!optional) out.push(item)
    else if (!(item instanceof CelOptional))
      throw new CelError('cannot initialize optional list element from non-optional value')
    else if (item.value !== undefined) out.push(item.value)
  }
  return out
}

function map(node: Extract<Expression, { kind: 'map' }>, frame: Frame): CelValue {
  const out = new Map<CelKey, CelValue>()
  for (const { key, value, optional } of node.items) {
    const name = mapKey(evaluate(key, frame))
    if (name === undefined) throw new CelError('unsupported key type')
    const given = evaluate(value, frame)
    if (optional && !(given instanceof CelOptional)) {
      throw new CelError('cannot initialize optional entry from non-optional value')
    }
    if (out.has(name)) throw new CelError(`Failed with repeated key: ${String(name)}`)
    const entry = optional && given instanceof CelOptional ? given.value : given
    if (entry !== undefined) out.set(name, entry)
  }
  return out
}

/** Either operand may decide alone, whatever becomes of the other. */
function logic(node: Extract<Expression, { kind: 'and' | 'or' }>, frame: Frame, decisive: boolean): boolean {
  let failure: CelError | undefined
  for (const operand of [node.left, node.right]) {
    try {
      const value = evaluate(operand, frame)
      if (value === decisive) return decisive
      if (typeof value !== 'boolean') failure ??= new CelError('no such overload')
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return !decisive
}

function optionalMap(node: Extract<Expression, { kind: 'optMap' }>, frame: Frame): CelValue {
  const target = evaluate(node.target, frame)
  if (!(target instanceof CelOptional)) throw new CelError('no such overload')
  if (target.value === undefined) return target
  const result = evaluate(node.body, frame.with(new Map([[node.name, target.value]])))
  if (!node.flat) return new CelOptional(result)
  if (!(result instanceof CelOptional)) throw new CelError('no such overload')
  return result
}
