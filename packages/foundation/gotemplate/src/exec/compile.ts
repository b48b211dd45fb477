import type { BranchNode, ListNode, PipeNode, StatementNode, TemplateNode, Tree } from '../parse/nodes.ts'
import { quoteGo } from '../parse/quote.ts'
import { isTrue, type GoValue } from '../value/go-value.ts'
import { printIndirect } from '../format/print.ts'
import { compileCommand } from './command.ts'
import { rangeOver } from './range-over.ts'
import type { Recorder } from './recorder.ts'
import { Scope, holdsInterfaces, type Elements, type Place } from './scope.ts'
import { flowBreak, flowContinue, flowNormal, type Expression, type Frame, type Statement } from './frame.ts'

/** How deep templates may call one another; Go's own bound. */
const maxDepth = 100_000

/** A template as a function of its frame and its data. */
export function compileTree(tree: Tree, recorder?: Recorder): Statement {
  const place: Place = { tree, scope: new Scope(), recorder, dotElements: undefined }
  return compileList(tree.body, place)
}

function compileList(list: ListNode, place: Place): Statement {
  const statements = list.nodes.map((node) => compileStatement(node, place))
  const [only] = statements
  if (statements.length === 1 && only !== undefined) return only
  return (frame, dot) => {
    for (let at = 0; at < statements.length; at += 1) {
      const flow = statements[at]?.(frame, dot) ?? flowNormal
      if (flow !== flowNormal) return flow
    }
    return flowNormal
  }
}

/** A body that is compiled when it is first run, for most charts leave most of their branches out. */
function compileLater(list: ListNode, place: Place): Statement {
  const later = { ...place, scope: place.scope.copy() }
  let statement: Statement | undefined
  return (frame, dot) => (statement ??= compileList(list, later))(frame, dot)
}

function compileStatement(node: StatementNode, place: Place): Statement {
  const statement = compilePlain(node, place)
  const { recorder, tree } = place
  if (recorder === undefined) return statement
  if (node.kind === 'text' || node.kind === 'action')
    return (frame, dot) => recorder.during(node, tree, () => statement(frame, dot))
  const { kind } = node
  if (kind === 'break' || kind === 'continue') return statement
  return (frame, dot) => recorder.within(kind, { node, tree }, () => statement(frame, dot))
}

/** The value that a branch, a loop or a call depends on. */
function compileJudged(pipe: PipeNode, place: Place): Expression {
  const value = compilePipe(pipe, place)
  const { recorder } = place
  return recorder === undefined ? value : (frame, dot) => recorder.judge(() => value(frame, dot))
}

function compileOtherwise({ otherwise }: BranchNode, place: Place): Statement | undefined {
  if (otherwise === undefined) return undefined
  const statement = compileLater(otherwise, place)
  const { recorder } = place
  return recorder === undefined ? statement : (frame, dot) => recorder.otherwise(() => statement(frame, dot))
}

function compilePlain(node: StatementNode, place: Place): Statement {
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
  return value === undefined ? '<no value>' : printIndirect(value)
}

/** The value of a pipeline; declared variables are set on the way. A nil that comes out of it is no value, as in Go. */
export function compilePipe(pipe: PipeNode, place: Place): Expression {
  const value = compileCommands(pipe, place)
  if (pipe.variables.length === 0) return value
  const sets = pipe.variables.map((variable) =>
    pipe.assigns ? place.scope.assign(variable, { place, pipe }) : place.scope.declare(variable.name),
  )
  const { recorder } = place
  if (recorder !== undefined) return recordedSets(pipe, { place, recorder, value, sets })
  return (frame, dot) => {
    const result = value(frame, dot)
    for (const set of sets) set(frame, result)
    return result
  }
}

function recordedSets(
  pipe: PipeNode,
  on: {
    readonly place: Place
    readonly recorder: Recorder
    readonly value: Expression
    readonly sets: readonly ((frame: Frame, value: GoValue) => void)[]
  },
): Expression {
  const { place, recorder, value, sets } = on
  const slots = pipe.variables.map(({ name }) => place.scope.slot(name))
  return (frame, dot) => {
    const mark = recorder.mark()
    const result = value(frame, dot)
    for (const set of sets) set(frame, result)
    for (const slot of slots) recorder.assign({ vars: frame.vars, slot }, mark)
    return result
  }
}

function compileCommands(pipe: PipeNode, place: Place): Expression {
  const { commands } = pipe
  const [only] = commands
  if (only === undefined) return () => undefined
  const first = compileCommand(only, { place, before: pipe, hasFinal: false, compilePipe })
  if (commands.length === 1) return (frame, dot) => first(frame, dot, undefined) ?? undefined
  const rest = commands
    .slice(1)
    .map((command, index) =>
      compileCommand(command, { place, before: commands[index] ?? only, hasFinal: true, compilePipe }),
    )
  return (frame, dot) => {
    let value = first(frame, dot, undefined) ?? undefined
    for (let at = 0; at < rest.length; at += 1) value = rest[at]?.(frame, dot, value) ?? undefined
    return value
  }
}

function compileConditional(node: BranchNode, place: Place): Statement {
  const mark = place.scope.mark()
  const condition = compileJudged(node.pipe, place)
  const body = compileLater(node.body, node.kind === 'with' ? { ...place, dotElements: undefined } : place)
  const otherwise = compileOtherwise(node, place)
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
  const value = compileJudged(node.pipe, place)
  const { variables } = node.pipe
  // With one variable it takes the element; with two the first takes the key.
  const setters = variables.map((variable) => place.scope.assign(variable, { place, pipe: node.pipe }))
  const elements: Elements = { areInterfaces: true }
  const element = variables.at(-1)
  if (element !== undefined) place.scope.holdsElement(element, elements)
  const setElement = setters.at(-1)
  const setKey = setters.length > 1 ? setters[0] : undefined
  const body = compileList(node.body, { ...place, dotElements: elements })
  const otherwise = compileOtherwise(node, place)
  const slots = variables.map(({ name }) => place.scope.slot(name))
  place.scope.release(mark)
  const { recorder } = place
  const recordElement = (frame: Frame, over: GoValue, key: GoValue): void => {
    const read = recorder?.element(over, key)
    for (const slot of slots) recorder?.assign({ vars: frame.vars, slot }, read)
  }
  return (frame, dot) => {
    const over = value(frame, dot)
    elements.areInterfaces = holdsInterfaces(over)
    const round = (key: GoValue, element: GoValue): boolean => {
      frame.set.budget.step()
      if (recorder !== undefined) recordElement(frame, over, key)
      setElement?.(frame, element)
      setKey?.(frame, key)
      return body(frame, element) !== flowBreak
    }
    const ran = rangeOver(over, { round, node: node.pipe, place, hasKey: setKey !== undefined })
    return ran || otherwise === undefined ? flowNormal : otherwise(frame, dot)
  }
}

function compileCall(node: TemplateNode, place: Place): Statement {
  const data: Expression = node.pipe === undefined ? () => undefined : compileJudged(node.pipe, place)
  return (frame, dot) => {
    const template = frame.set.template(node.name)
    if (template === undefined)
      throw place.scope.fail(node, { place, message: `template ${quoteGo(node.name)} not defined` })
    if (frame.depth >= maxDepth)
      throw place.scope.fail(node, { place, message: `exceeded maximum template depth (${maxDepth})` })
    frame.set.budget.step()
    const inner = data(frame, dot)
    const { set, out } = frame
    const callee: Frame = { set, vars: [inner], depth: frame.depth + 1, out, method: undefined }
    template(callee, inner)
    return flowNormal
  }
}
