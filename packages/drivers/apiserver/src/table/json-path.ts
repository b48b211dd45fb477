import { badRequest } from '../http/status.ts'
import { isDraft, isEqual } from '../http/draft.ts'

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly from: number; readonly to: number | undefined }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly path: JsonPath; readonly operator: string; readonly value: unknown }

/** A path in the subset of JSONPath that printer columns and selectable fields use. */
export type JsonPath = readonly Step[]

/** Reads `.status.conditions[?(@.type=="Ready")].status` and its like. Throws a StatusError for anything else. */
export function parsePath(text: string): JsonPath {
  const steps: Step[] = []
  let rest = text
    .trim()
    .replace(/^\{(.*)\}$/s, '$1')
    .replace(/^[$@]/, '')
  if (rest !== '' && !rest.startsWith('.') && !rest.startsWith('[')) rest = `.${rest}`
  while (rest !== '') {
    const taken = rest.startsWith('[') ? takeBracket(rest) : takeField(rest)
    if (taken === undefined)
      throw badRequest(`the path ${JSON.stringify(text)} cannot be read at ${JSON.stringify(rest)}`)
    if (taken.step !== undefined) steps.push(taken.step)
    rest = rest.slice(taken.length)
  }
  return steps
}

interface Taken {
  readonly step: Step | undefined
  readonly length: number
}

function takeField(text: string): Taken | undefined {
  const match = /^\.((?:\\.|[^.[\]\\])*)/.exec(text)
  if (match === null) return undefined
  const name = (match[1] ?? '').replaceAll(/\\(.)/g, '$1')
  const step: Step | undefined = name === '' ? undefined : name === '*' ? { kind: 'all' } : { kind: 'field', name }
  return { step, length: match[0].length }
}

function takeBracket(text: string): Taken | undefined {
  const filter = /^\[\?\(@(.*?)\s*(==|!=|<=|>=|<|>)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^)\]]+)\)\]/.exec(text)
  if (filter !== null) {
    const [whole, path = '', operator = '', literal = ''] = filter
    return {
      step: { kind: 'filter', path: parsePath(path), operator, value: readLiteral(literal) },
      length: whole.length,
    }
  }
  const present = /^\[\?\(@(.*?)\)\]/.exec(text)
  if (present !== null) {
    return {
      step: { kind: 'filter', path: parsePath(present[1] ?? ''), operator: '', value: undefined },
      length: present[0].length,
    }
  }
  const plain = /^\[(?:(\*)|(-?\d+)|(-?\d*):(-?\d*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/.exec(text)
  if (plain === null) return undefined
  return { step: plainStep(plain), length: plain[0].length }
}

function plainStep(match: RegExpExecArray): Step {
  const [, all, index, from, to, single, double] = match
  if (all !== undefined) return { kind: 'all' }
  if (index !== undefined) return { kind: 'index', index: Number(index) }
  if (from !== undefined)
    return { kind: 'slice', from: Number(from), to: to === '' || to === undefined ? undefined : Number(to) }
  return { kind: 'field', name: (single ?? double ?? '').replaceAll(/\\(.)/g, '$1') }
}

function readLiteral(text: string): unknown {
  const trimmed = text.trim()
  if (/^['"]/.test(trimmed)) return trimmed.slice(1, -1).replaceAll(/\\(.)/g, '$1')
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true'
  return Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed)
}

/** All values that a path leads to; none when a part of it is not there. */
export function evaluatePath(path: JsonPath, root: unknown): readonly unknown[] {
  let values: readonly unknown[] = [root]
  for (const step of path) values = values.flatMap((value) => follow(step, value))
  return values
}

function follow(step: Step, value: unknown): readonly unknown[] {
  switch (step.kind) {
    case 'field':
      return isDraft(value) && value[step.name] !== undefined ? [value[step.name]] : []
    case 'index': {
      const item: unknown = Array.isArray(value) ? value.at(step.index) : undefined
      return item === undefined ? [] : [item]
    }
    case 'slice':
      return Array.isArray(value) ? value.slice(step.from, step.to) : []
    case 'all':
      return Array.isArray(value) ? value : isDraft(value) ? Object.values(value) : []
    case 'filter':
      return Array.isArray(value) ? value.filter((item) => passes(step, item)) : []
  }
}

function passes(filter: Extract<Step, { kind: 'filter' }>, item: unknown): boolean {
  const [found] = evaluatePath(filter.path, item)
  if (filter.operator === '') return found !== undefined
  if (found === undefined) return false
  if (filter.operator === '==') return isEqual(found, filter.value)
  if (filter.operator === '!=') return !isEqual(found, filter.value)
  const [left, right] = [Number(found), Number(filter.value)]
  if (filter.operator === '<') return left < right
  if (filter.operator === '<=') return left <= right
  return filter.operator === '>' ? left > right : left >= right
}
