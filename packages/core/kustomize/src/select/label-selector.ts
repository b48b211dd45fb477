import { buildFailure } from '../build-failure.ts'

type Requirement = (labels: Readonly<Record<string, string>>) => boolean

/** Compiles a Kubernetes label selector such as `app=web,tier in (a,b),!old`. */
export function compileLabelSelector(text: string): Requirement {
  const requirements = splitRequirements(text).map((part) => compileRequirement(part, text))
  return (labels) => requirements.every((requirement) => requirement(labels))
}

/** Splits at commas outside of parentheses. */
function splitRequirements(text: string): readonly string[] {
  if (text.trim() === '') return []
  return text.split(/,(?![^(]*\))/).map((part) => part.trim())
}

const SET = /^([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)$/
const COMPARE = /^([\w./-]+)\s*(==|=|!=|>|<)\s*([\w.-]*)$/
const EXISTS = /^(!?)\s*([\w./-]+)$/

function compileRequirement(part: string, whole: string): Requirement {
  const set = SET.exec(part)
  if (set !== null) return compileSet(set)
  const compare = COMPARE.exec(part)
  if (compare !== null) return compileCompare(compare)
  const exists = EXISTS.exec(part)
  if (exists !== null) {
    const [, not, key = ''] = exists
    return (labels) => Object.hasOwn(labels, key) === (not === '')
  }
  throw buildFailure('kustomize-invalid', `unable to parse requirement '${part}' of selector '${whole}'`)
}

function compileSet([, key = '', operator, list = '']: RegExpExecArray): Requirement {
  const values = new Set(list.split(',').map((value) => value.trim()))
  if (operator === 'in') return (labels) => Object.hasOwn(labels, key) && values.has(labels[key] ?? '')
  return (labels) => !Object.hasOwn(labels, key) || !values.has(labels[key] ?? '')
}

function compileCompare([, key = '', operator, value = '']: RegExpExecArray): Requirement {
  const has = (labels: Readonly<Record<string, string>>): boolean => Object.hasOwn(labels, key)
  switch (operator) {
    case '!=':
      return (labels) => !has(labels) || labels[key] !== value
    case '>':
      return (labels) => has(labels) && isInteger(labels[key]) && Number(labels[key]) > Number(value)
    case '<':
      return (labels) => has(labels) && isInteger(labels[key]) && Number(labels[key]) < Number(value)
    default:
      return (labels) => has(labels) && labels[key] === value
  }
}

function isInteger(text: string | undefined): boolean {
  return text !== undefined && /^[-+]?\d+$/.test(text)
}
