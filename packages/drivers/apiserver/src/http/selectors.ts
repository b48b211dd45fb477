import { badRequest } from './status.ts'

/** Decides by the labels of an object. */
export type LabelMatcher = (labels: Readonly<Record<string, unknown>>) => boolean

/** One requirement of a field selector. */
export interface FieldRequirement {
  readonly field: string
  readonly value: string
  readonly equal: boolean
}

/** Reads the label selector grammar: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Undefined for the empty selector. */
export function parseLabelSelector(text: string): LabelMatcher | undefined {
  if (text.trim() === '') return undefined
  const tokens = tokenize(text)
  const requirements: LabelMatcher[] = []
  let at = 0
  const peek = (): string => tokens[at] ?? ''
  const take = (): string => {
    const token = peek()
    at += 1
    return token
  }
  while (at < tokens.length) {
    requirements.push(parseRequirement(peek, take))
    if (at >= tokens.length) break
    const comma = take()
    if (comma !== ',') throw selectorError(`found '${comma}', expected: ',' or 'end of string'`)
    const next = peek()
    if (next === '' || next === ',') throw badRequest(`found '${next}', expected: identifier after ','`)
  }
  return (labels) => requirements.every((matches) => matches(labels))
}

function parseRequirement(peek: () => string, take: () => string): LabelMatcher {
  if (peek() === '!') {
    take()
    const key = takeKey(take)
    return (labels) => !(key in labels)
  }
  const key = takeKey(take)
  const operator = peek()
  if (operator === '' || operator === ',') return (labels) => key in labels
  take()
  switch (operator) {
    case '=':
    case '==': {
      const value = takeValue(peek, take)
      return (labels) => labels[key] === value
    }
    case '!=': {
      const value = takeValue(peek, take)
      return (labels) => labels[key] !== value
    }
    case 'in': {
      const values = takeValues(peek, take)
      return (labels) => key in labels && values.has(String(labels[key]))
    }
    case 'notin': {
      const values = takeValues(peek, take)
      return (labels) => !(key in labels) || !values.has(String(labels[key]))
    }
    case '>':
    case '<':
      return comparison({ key, operator, bound: takeValue(peek, take) })
    default:
      throw selectorError(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
  }
}

function comparison(wanted: { readonly key: string; readonly operator: string; readonly bound: string }): LabelMatcher {
  const bound = Number(wanted.bound)
  if (!Number.isInteger(bound)) throw selectorError(`for 'Gt', 'Lt' operators, the value must be an integer`)
  return (labels) => {
    const value = Number(labels[wanted.key] ?? Number.NaN)
    return wanted.operator === '>' ? value > bound : value < bound
  }
}

function takeKey(take: () => string): string {
  const key = take()
  if (isSpecial(key)) throw selectorError(`found '${key}', expected: identifier`)
  const [prefix, name] = key.includes('/')
    ? [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)]
    : ['', key]
  if (!/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name) || name.length > 63 || prefix.length > 253) {
    throw badRequest(
      `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(key)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    )
  }
  return key
}

function takeValue(peek: () => string, take: () => string): string {
  if (peek() === '' || peek() === ',') return ''
  const value = take()
  if (isSpecial(value)) throw selectorError(`found '${value}', expected: identifier`)
  return value
}

/** `(a, b)`; a place between commas that holds nothing stands for the empty value. */
function takeValues(peek: () => string, take: () => string): ReadonlySet<string> {
  const open = take()
  if (open !== '(') throw selectorError(`found '${open}' expected: '('`)
  const values = new Set<string>()
  for (;;) {
    const token = peek()
    if (token === '') throw selectorError(`found '', expected: ',' or ')'`)
    values.add(token === ',' || token === ')' ? '' : take())
    const next = take()
    if (next === ')') return values
    if (next !== ',') throw selectorError(`found '${next}', expected: ',' or ')'`)
  }
}

function isSpecial(token: string): boolean {
  return token === '' || '()!,<>'.includes(token) || token === '=' || token === '==' || token === '!='
}

function selectorError(message: string): Error {
  return badRequest(`unable to parse requirement: ${message}`)
}

function tokenize(text: string): readonly string[] {
  return text.match(/!=|==|[=!,()<>]|[^\s=!,()<>]+/g) ?? []
}

/** Reads a field selector: terms with `=`, `==` or `!=`, joined by commas; `\` escapes. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  if (text === '') return []
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^([^=!]*)(!=|==|=)(.*)$/s.exec(term)
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`)
      const [, field = '', operator = '', value = ''] = match
      return { field, value: value.replaceAll(/\\([\\,=])/g, '$1'), equal: operator !== '!=' }
    })
}

function splitTerms(text: string): readonly string[] {
  const terms: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === ',') {
      terms.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...terms, text.slice(from)]
}
