import { SyntaxFault, type Expression } from './ast.ts'
import { qualifiedName, typeValues } from './evaluate.ts'
import { globalFunctions, methods } from './library/index.ts'

/** Throws SyntaxFault for names and functions that do not exist. */
export function checkNames(node: Expression, known: ReadonlySet<string>): void {
  switch (node.kind) {
    case 'name':
      if (!known.has(node.name) && !typeValues.has(node.name)) undeclared(node.name, node.at)
      return
    case 'select':
      return checkSelect(node, known)
    case 'call':
      if (!globalFunctions.has(node.name)) undeclared(node.name, node.at)
      return checkAll(node.args, known)
    case 'method':
      return checkMethod(node, known)
    default:
      return checkBelow(node, known)
  }
}

function undeclared(name: string, at: number): never {
  throw new SyntaxFault(`undeclared reference to '${name}' (in container '')`, at)
}

function checkAll(nodes: readonly Expression[], known: ReadonlySet<string>): void {
  for (const node of nodes) checkNames(node, known)
}

function checkSelect(node: Extract<Expression, { kind: 'select' }>, known: ReadonlySet<string>): void {
  const name = qualifiedName(node)
  if (name !== undefined && (known.has(name) || typeValues.has(name))) return
  checkNames(node.operand, known)
}

function checkMethod(node: Extract<Expression, { kind: 'method' }>, known: ReadonlySet<string>): void {
  const namespace = qualifiedName(node.target)
  const isGlobal = namespace !== undefined && globalFunctions.has(`${namespace}.${node.name}`)
  if (!isGlobal) {
    const isLazy = node.name === 'or' || node.name === 'orValue'
    if (!isLazy && !methods.has(node.name)) undeclared(node.name, node.at)
    checkNames(node.target, known)
  }
  checkAll(node.args, known)
}

type Other = Exclude<Expression, { kind: 'name' | 'select' | 'call' | 'method' }>

function checkBelow(node: Other, known: ReadonlySet<string>): void {
  switch (node.kind) {
    case 'literal':
      return
    case 'has':
      return checkNames(node.operand, known)
    case 'index':
      return checkAll([node.operand, node.index], known)
    case 'list':
      return checkAll(
        node.items.map(({ value }) => value),
        known,
      )
    case 'map':
      return checkAll(
        node.items.flatMap(({ key, value }) => [key, value]),
        known,
      )
    case 'and':
    case 'or':
      return checkAll([node.left, node.right], known)
    case 'ternary':
      return checkAll([node.test, node.whenTrue, node.whenFalse], known)
    case 'bind':
      checkNames(node.value, known)
      return checkNames(node.body, new Set([...known, node.name]))
    case 'optMap':
      checkNames(node.target, known)
      return checkNames(node.body, new Set([...known, node.name]))
    case 'comprehension': {
      checkNames(node.range, known)
      const inner = new Set([...known, ...node.names])
      return checkAll(node.filter === undefined ? [node.body] : [node.filter, node.body], inner)
    }
  }
}
