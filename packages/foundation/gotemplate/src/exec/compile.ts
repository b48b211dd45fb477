import type { BranchNode, CommandNode, ListNode, PipeNode, StatementNode, TemplateNode, Tree } from '../parse/nodes.ts'
import { quoteGo } from '../parse/quote.ts'
import { isTrue, type GoValue } from '../value/go-value.ts'
import { printPlain } from '../format/print.ts'
import { compileCommand } from './command.ts'
import { rangeOver } from './range-over.ts'
import { Scope, type Place } from './scope.ts'
import { flowBreak, flowContinue, flowNormal, type Expression, type Frame, type Statement } from './frame.ts'

/** How deep templates may call one another; Go's own bound. */
const maxDepth = 100_000

/** A template as a function of its frame and its data. */
export function compileTree(tree: Tree): Statement {
  const place: Place = { tree, scope: new Scope(), dotIsElement: false }
  return compileList(tree.body, place)
}

function compileList(list: ListNode, place: Place): Statement {
  const statements = list.nodes.map((node) => compileStatement(node, place))
  const [only] = statements
  if (statements.length === 1 && only !== undefined) return only
  return (frame, dot) => {
    for (const statement of statements) {
      const flow = statement(frame, dot)
      if (flow !== flowNormal) return flow
    }
    return flowNormal
  }
}

function compileStatement(node: StatementNode, place: Place): Statement {
  switch (node.kind) {
    case 'text':
      return writeText(node.text)
    case 'action':
      return compileAction(node.pipe, place)
    case 'if':
    case 'with':
      return compileConditional(node, place)
    case 'range':
      return compileRange(node, place)
    case 'template':
      return compileCall(node, place)
    case 'break':
      return () => flowBreak
    case 'continue':
      return () => flowContinue
  }
}

function writeText(text: string): Statement {
  return (frame) => {
    frame.set.budget.write(text.length)
    frame.out.add(text)
    return flowNormal
  }
}

function compileAction(pipe: PipeNode, place: Place): Statement {
  const value = compilePipe(pipe, place)
  if (pipe.variables.length > 0)
    return (frame, dot) => {
      value(frame, dot)
      return flowNormal
    }
  return (frame, dot) => {
    const text = printValue(value(frame, dot))
    frame.set.budget.write(text.length)
    frame.out.add(text)
    return flowNormal
  }
}

function printValue(value: GoValue): string {
  return value === undefined ? '<no value>' : printPlain(value)
}

/** The value of a pipeline; declared variables are set on the way. A nil that comes out of it is no value, as in Go. */
export function compilePipe(pipe: PipeNode, place: Place): Expression {
  const value = compileCommands(pipe.commands, place)
  const sets = pipe.variables.map((variable) =>
    pipe.assigns ? place.scope.assign(variable, place) : place.scope.declare(variable.name),
  )
  if (sets.length === 0) return value
  return (frame, dot) => {
    const result = value(frame, dot)
    for (const set of sets) set(frame, result)
    return result
  }
}

function compileCommands(commands: readonly CommandNode[], place: Place): Expression {
  const stages = commands.map((command, index) => compileCommand(command, { place, hasFinal: index > 0, compilePipe }))
  const [first, ...rest] = stages
  if (first === undefined) return () => undefined
  if (rest.length === 0) return (frame, dot) => first(frame, dot, undefined) ?? undefined
  return (frame, dot) => {
    let value = first(frame, dot, undefined) ?? undefined
    for (const stage of rest) value = stage(frame, dot, value) ?? undefined
    return value
  }
}

function compileConditional(node: BranchNode, place: Place): Statement {
  const mark = place.scope.mark()
  const condition = compilePipe(node.pipe, place)
  const body = compileList(node.body, node.kind === 'with' ? { ...place, dotIsElement: false } : place)
  const otherwise = node.otherwise === undefined ? undefined : compileList(node.otherwise, place)
  place.scope.release(mark)
  const changesDot = node.kind === 'with'
  return (frame, dot) => {
    const value = condition(frame, dot)
    if (isTrue(value)) return body(frame, changesDot ? value : dot)
    return otherwise === undefined ? flowNormal : otherwise(frame, dot)
  }
}

function compileRange(node: BranchNode, place: Place): Statement {
  const mark = place.scope.mark()
  const value = compilePipe(node.pipe, place)
  const { variables } = node.pipe
  // With one variable it takes the element; with two the first takes the key.
  const setters = variables.map((variable) => place.scope.setter(variable, place))
  const setElement = setters.at(-1)
  const setKey = setters.length > 1 ? setters[0] : undefined
  const body = compileList(node.body, { ...place, dotIsElement: true })
  const otherwise = node.otherwise === undefined ? undefined : compileList(node.otherwise, place)
  place.scope.release(mark)
  return (frame, dot) => {
    const round = (key: GoValue, element: GoValue): boolean => {
      frame.set.budget.step()
      setElement?.(frame, element)
      setKey?.(frame, key)
      return body(frame, element) !== flowBreak
    }
    const ran = rangeOver(value(frame, dot), { round, node: node.pipe, place, hasKey: setKey !== undefined })
    return ran || otherwise === undefined ? flowNormal : otherwise(frame, dot)
  }
}

function compileCall(node: TemplateNode, place: Place): Statement {
  const data: Expression = node.pipe === undefined ? () => undefined : compilePipe(node.pipe, place)
  return (frame, dot) => {
    const template = frame.set.template(node.name)
    if (template === undefined)
      throw place.scope.fail(node, { place, message: `template ${quoteGo(node.name)} not defined` })
    if (frame.depth >= maxDepth)
      throw place.scope.fail(node, { place, message: `exceeded maximum template depth (${maxDepth})` })
    frame.set.budget.step()
    const inner = data(frame, dot)
    const callee: Frame = { set: frame.set, vars: [inner], depth: frame.depth + 1, out: frame.out }
    template(callee, inner)
    return flowNormal
  }
}
