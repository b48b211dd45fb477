import { SyntaxFault, type Comprehension, type Expression } from './ast.ts'

interface Call {
  readonly at: number
  readonly name: string
  readonly args: readonly Expression[]
}

interface MethodCall extends Call {
  readonly target: Expression
}

/** A global call, or what the macro `has` makes of it. */
export function expandCall(call: Call): Expression {
  const { at, name, args } = call
  const [operand] = args
  if (name !== 'has' || args.length !== 1 || operand === undefined) return { kind: 'call', at, name, args }
  if (operand.kind !== 'select' || operand.optional) {
    throw new SyntaxFault('invalid argument to has() macro', operand.at)
  }
  return { kind: 'has', at, operand: operand.operand, field: operand.field }
}

/** Macros with one variable and the number of further arguments that they may take. */
const single: Readonly<Record<string, readonly [Comprehension, number, number]>> = {
  all: ['all', 1, 1],
  exists: ['exists', 1, 1],
  exists_one: ['existsOne', 1, 1],
  existsOne: ['existsOne', 1, 1],
  filter: ['filter', 1, 1],
  map: ['map', 1, 2],
  sortBy: ['sortBy', 1, 1],
}

const double: Readonly<Record<string, readonly [Comprehension, number, number]>> = {
  all: ['all', 1, 1],
  exists: ['exists', 1, 1],
  exists_one: ['existsOne', 1, 1],
  existsOne: ['existsOne', 1, 1],
  transformList: ['transformList', 1, 2],
  transformMap: ['transformMap', 1, 2],
  transformMapEntry: ['transformMapEntry', 1, 2],
}

/** A method call, or what a macro makes of it. */
export function expandMethod(call: MethodCall): Expression {
  return expandNamespace(call) ?? expandOptional(call) ?? expandComprehension(call) ?? { kind: 'method', ...call }
}

function expandNamespace({ at, name, target, args }: MethodCall): Expression | undefined {
  const [variable, value, body] = args
  if (target.kind !== 'name' || target.name !== 'cel' || name !== 'bind' || args.length !== 3) return undefined
  if (variable === undefined || value === undefined || body === undefined) return undefined
  return { kind: 'bind', at, name: variableName(variable), value, body }
}

function expandOptional({ at, name, target, args }: MethodCall): Expression | undefined {
  const [variable, body] = args
  if ((name !== 'optMap' && name !== 'optFlatMap') || args.length !== 2) return undefined
  if (variable === undefined || body === undefined) return undefined
  return { kind: 'optMap', at, name: variableName(variable), target, body, flat: name === 'optFlatMap' }
}

function expandComprehension(call: MethodCall): Expression | undefined {
  const { name, args } = call
  // `map(x, filter, transform)` has one variable, as has everything that the other table does not know.
  const two = Object.hasOwn(double, name) ? double[name] : undefined
  if (two !== undefined && args.length >= 2 + two[1] && args.length <= 2 + two[2]) return comprehension(call, two[0], 2)
  const one = Object.hasOwn(single, name) ? single[name] : undefined
  if (one === undefined || args.length < 1 + one[1] || args.length > 1 + one[2]) return undefined
  return comprehension(call, one[0], 1)
}

function comprehension(call: MethodCall, of: Comprehension, variables: number): Expression {
  const names = call.args.slice(0, variables).map(variableName)
  const rest = call.args.slice(variables)
  const body = rest.at(-1)
  const filter = rest.length > 1 ? rest[0] : undefined
  if (body === undefined) throw new SyntaxFault(`${call.name}() lacks an argument`, call.at)
  if (variables === 2 && names[0] === names[1]) {
    throw new SyntaxFault('duplicate variable name', call.args[1]?.at ?? call.at)
  }
  return {
    kind: 'comprehension',
    at: call.at,
    of,
    range: call.target,
    names,
    ...(filter === undefined ? {} : { filter }),
    body,
  }
}

function variableName(expression: Expression): string {
  if (expression.kind === 'name') return expression.name
  throw new SyntaxFault('argument must be a simple name', expression.at)
}
