import type { OperandNode } from '../parse/nodes.ts'
import { printNode } from '../parse/print-node.ts'
import { quoteGo } from '../parse/quote.ts'
import { TemplateError } from '../parse/template-error.ts'
import { reflectText, type GoFunction, type GoValue, type ParamType } from '../value/go-value.ts'
import { passedAs, type Arg, type Fail } from './argument.ts'
import { BudgetError, type Frame } from './frame.ts'
import { FunctionError } from './function-error.ts'
import type { Recorder } from './recorder.ts'
import { lastNode, type AnyNode } from './scope.ts'
import type { Stage } from './stage.ts'

/** A call to be compiled. */
export interface CallSite {
  readonly name: string
  readonly node: AnyNode
  /** What Go names when the call itself fails. */
  readonly called: AnyNode
  readonly args: readonly OperandNode[]
  /** The arguments, one for each node. */
  readonly values: readonly Arg[]
  /** Whether the value of the stage before is the last argument. */
  readonly hasFinal: boolean
  /** The function; undefined when it is the frame's method. */
  readonly find: ((frame: Frame) => GoFunction | undefined) | undefined
  readonly recorder: Recorder | undefined
  readonly fail: Fail
}

/** An argument that may also be the value of the stage before. */
type FinalArg = (...on: [frame: Frame, dot: GoValue, type: ParamType, final: GoValue]) => GoValue

/** A call of a function with its arguments. Most have one or two, and no list is made of those. */
export function compileCall(site: CallSite): Stage {
  const count = site.values.length + (site.hasFinal ? 1 : 0)
  if (site.recorder !== undefined || site.name === 'call') return callOfMany(site, count)
  if (count === 1) return callOfOne(site)
  return count === 2 ? callOfTwo(site) : callOfMany(site, count)
}

function callOfOne(site: CallSite): Stage {
  const first = site.values[0] ?? finalArgument(site)
  return (frame, dot, final) => {
    const fun = targetOf(site, frame)
    const { params, variadic = false } = fun.signature
    if (variadic || params.length !== 1) checkCount(site, { count: 1, params: params.length, variadic })
    const a = first(frame, dot, params[0] ?? 'any', final)
    let result: GoValue
    try {
      result = fun.call(a)
    } catch (error) {
      throw failureOf(site, error)
    }
    frame.set.budget.result(result)
    return result
  }
}

function callOfTwo(site: CallSite): Stage {
  const [first = finalArgument(site), second = finalArgument(site)] = site.values
  return (frame, dot, final) => {
    const fun = targetOf(site, frame)
    const { params, variadic = false } = fun.signature
    if (variadic || params.length !== 2) checkCount(site, { count: 2, params: params.length, variadic })
    const last = params[params.length - 1] ?? 'any'
    const a = first(frame, dot, params[0] ?? last, final)
    const b = second(frame, dot, params[1] ?? last, final)
    let result: GoValue
    try {
      result = fun.call(a, b)
    } catch (error) {
      throw failureOf(site, error)
    }
    frame.set.budget.result(result)
    return result
  }
}

function callOfMany(site: CallSite, count: number): Stage {
  const { name, values, hasFinal, recorder } = site
  const finalArg = finalArgument(site)
  const isCall = name === 'call'
  const callee = isCall ? site.args[0] : undefined
  return (frame, dot, final) => {
    const fun = targetOf(site, frame)
    const { params, variadic = false } = fun.signature
    if (variadic || isCall || count !== params.length) checkCount(site, { count, params: params.length, variadic })
    const mark = recorder === undefined ? 0 : recorder.mark()
    const lastType = params[params.length - 1] ?? 'any'
    const given: GoValue[] = []
    for (let at = 0; at < values.length; at += 1) given.push(values[at]?.(frame, dot, params[at] ?? lastType))
    if (hasFinal) given.push(finalArg(frame, dot, params[count - 1] ?? lastType, final))
    const args = isCall ? [callee === undefined ? reflectText(final) : printNode(callee), ...given] : given
    const result = invoke(fun, args, site)
    frame.set.budget.result(result)
    if (recorder !== undefined) recorder.called(name, { args: given, result, mark })
    return result
  }
}

/** Runs a function. Throws TemplateError with the place of the call. */
export function invoke(
  fun: GoFunction,
  args: readonly GoValue[],
  site: Pick<CallSite, 'name' | 'called' | 'fail'>,
): GoValue {
  try {
    return fun.call(...args)
  } catch (error) {
    throw failureOf(site, error)
  }
}

function targetOf(site: CallSite, frame: Frame): GoFunction {
  const fun = site.find === undefined ? frame.method : site.find(frame)
  if (fun === undefined) throw site.fail(site.node, `${quoteGo(site.name)} is not a defined function`)
  return fun
}

/** The value of the stage before, as an argument. Errors about it point to the argument before it. */
function finalArgument({ args, node, fail }: CallSite): FinalArg {
  const refuse = (message: string): TemplateError => {
    const last = args.at(-1)
    return fail(last === undefined ? node : lastNode(last), message)
  }
  return (...[, , type, final]) => passedAs(final, type, refuse)
}

/** What is to be thrown where a function threw. */
function failureOf({ name, called, fail }: Pick<CallSite, 'name' | 'called' | 'fail'>, error: unknown): unknown {
  // The end of the stack: there may be no room for more questions.
  if (error instanceof RangeError) return error
  if (error instanceof BudgetError || !(error instanceof FunctionError || error instanceof TemplateError)) return error
  return fail(called, `error calling ${name}: ${error.message}`, error)
}

function checkCount(
  { name, node, values, fail }: CallSite,
  n: { readonly count: number; readonly params: number; readonly variadic: boolean },
): void {
  const want = (n.variadic ? n.params - 1 : n.params) - (name === 'call' ? 1 : 0)
  if (n.variadic && n.count < want)
    throw fail(node, `wrong number of args for ${name}: want at least ${want} got ${values.length}`)
  if (!n.variadic && n.count !== want) throw fail(node, `wrong number of args for ${name}: want ${want} got ${n.count}`)
}
