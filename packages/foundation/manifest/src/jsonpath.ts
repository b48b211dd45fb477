import { FailureError } from '@kedge/base'

/**
 * A compiled JSONPath template in kubectl's dialect: text with `{…}` parts, where a part is a path, a quoted literal or
 * `range`/`end`. Paths know fields, quoted fields, indexes, slices, unions, `*`, `..` and filters such as
 * `?(@.type=="Ready")`. Source of the rules: the JSONPath page of the Kubernetes reference.
 */
export interface JsonPath {
  /** Every value the template's paths find, in order, template text left out. */
  values(root: unknown): readonly unknown[]
  /** The template's text, found values joined by spaces, as `kubectl -o jsonpath` prints it. */
  print(root: unknown): string
}

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'deep' }
  | {
      readonly kind: 'slice'
      readonly from?: number | undefined
      readonly to?: number | undefined
      readonly by?: number | undefined
    }
  | { readonly kind: 'union'; readonly members: readonly Step[] }
  | { readonly kind: 'filter'; readonly left: Operand; readonly operator?: string; readonly right?: Operand }

type Operand =
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'literal'; readonly value: unknown }

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'range'; readonly steps: readonly Step[]; readonly body: readonly Part[] }

/** Compiles a template such as `{.status.conditions[?(@.type=="Ready")].message}`. Throws FailureError when malformed. */
export function compileJsonPath(template: string): JsonPath {
  const parts = parseTemplate(template)
  return {
    values: (root) => parts.flatMap((part) => (part.kind === 'path' ? walk(part.steps, [root]) : [])),
    print: (root) => printParts(parts, root),
  }
}

/** Compiles a bare path without braces, `.spec.replicas`, as printer columns and field selectors write it. */
export function compileJsonPathColumn(path: string): JsonPath {
  return compileJsonPath(path.startsWith('{') ? path : `{${path}}`)
}

function printParts(parts: readonly Part[], root: unknown): string {
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text
      const found = walk(part.steps, [root])
      return part.kind === 'range'
        ? found.map((item) => printParts(part.body, item)).join('')
        : found.map(printValue).join(' ')
    })
    .join('')
}

function printValue(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : `${value as number}`
}

function walk(steps: readonly Step[], roots: readonly unknown[]): readonly unknown[] {
  return steps.reduce<readonly unknown[]>((found, step) => found.flatMap((value) => take(step, value)), roots)
}

function take(step: Step, value: unknown): readonly unknown[] {
  switch (step.kind) {
    case 'field':
      return isRecord(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : []
    case 'all':
      return Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []
    case 'deep':
      return descend(value)
    case 'slice':
      return Array.isArray(value) ? slice(value, step) : []
    case 'union':
      return step.members.flatMap((member) => take(member, value))
    case 'filter':
      return (Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []).filter((item) =>
        matches(step, item),
      )
  }
}

function descend(value: unknown): readonly unknown[] {
  const children = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []
  return [value, ...children.flatMap(descend)]
}

function slice(list: readonly unknown[], step: Extract<Step, { kind: 'slice' }>): readonly unknown[] {
  const at = (index: number) => (index < 0 ? index + list.length : index)
  const by = step.by ?? 1
  const from = Math.max(at(step.from ?? 0), 0)
  const to = Math.min(at(step.to ?? list.length), list.length)
  return list.slice(from, to).filter((_, index) => index % by === 0)
}

function matches(step: Extract<Step, { kind: 'filter' }>, item: unknown): boolean {
  const left = operand(step.left, item)
  if (step.operator === undefined || step.right === undefined) return left.length > 0
  const right = operand(step.right, item)
  if (left.length === 0 || right.length === 0) return false
  return compare(left[0], step.operator, right[0])
}

function operand(side: Operand, item: unknown): readonly unknown[] {
  return side.kind === 'literal' ? [side.value] : walk(side.steps, [item])
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  const sameKind = typeof left === typeof right
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return sameKind && (left as number) < (right as number)
    case '<=':
      return sameKind && (left as number) <= (right as number)
    case '>':
      return sameKind && (left as number) > (right as number)
    default:
      return sameKind && (left as number) >= (right as number)
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// ── parsing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function parseTemplate(template: string): readonly Part[] {
  const stack: { steps: readonly Step[]; body: Part[] }[] = [{ steps: [], body: [] }]
  const top = () => stack.at(-1)?.body ?? []
  let at = 0
  while (at < template.length) {
    const open = template.indexOf('{', at)
    if (open < 0) {
      top().push({ kind: 'text', text: template.slice(at) })
      break
    }
    if (open > at) top().push({ kind: 'text', text: template.slice(at, open) })
    const close = closingBrace(template, open)
    addAction(template.slice(open + 1, close).trim(), stack)
    at = close + 1
  }
  if (stack.length > 1) throw malformed('{range} without {end}')
  return stack[0]?.body ?? []
}

function addAction(action: string, stack: { steps: readonly Step[]; body: Part[] }[]): void {
  const body = stack.at(-1)?.body ?? []
  if (action === 'end') {
    const closed = stack.length > 1 ? stack.pop() : undefined
    if (closed === undefined) throw malformed('{end} without {range}')
    stack.at(-1)?.body.push({ kind: 'range', ...closed })
    return
  }
  if (action.startsWith('range ')) {
    stack.push({ steps: new PathReader(action.slice(6).trim()).path(), body: [] })
    return
  }
  const quoted = /^(["'])(.*)\1$/s.exec(action)
  if (quoted !== null) body.push({ kind: 'text', text: unescape(quoted[2] ?? '') })
  else body.push({ kind: 'path', steps: new PathReader(action).path() })
}

function closingBrace(text: string, open: number): number {
  let quote = ''
  for (let at = open + 1; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (quote !== '') {
      if (char === '\\') at += 1
      else if (char === quote) quote = ''
    } else if (char === '"' || char === "'") quote = char
    else if (char === '}') return at
  }
  throw malformed('unclosed {')
}

function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_, char: string) => ({ n: '\n', t: '\t', r: '\r' })[char] ?? char)
}

function malformed(why: string): FailureError {
  return new FailureError({ code: 'InvalidJsonPath', message: `JSONPath template is malformed: ${why}` })
}

/** Reads one path: `$`, `@` and the leading dot are optional. */
class PathReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  path(): readonly Step[] {
    const steps = this.#steps()
    if (this.#at < this.#text.length) throw malformed(`unexpected ${this.#text.slice(this.#at)}`)
    return steps
  }

  #steps(): Step[] {
    const steps: Step[] = []
    if (this.#peek() === '$' || this.#peek() === '@') this.#at += 1
    else if (/[\w-]/.test(this.#peek())) steps.push({ kind: 'field', name: this.#name() })
    for (;;) {
      if (this.#take('..')) {
        steps.push({ kind: 'deep' })
        if (this.#peek() !== '[') steps.push(this.#dotted())
      } else if (this.#take('.')) {
        if (this.#at < this.#text.length && this.#peek() !== '[') steps.push(this.#dotted())
      } else if (this.#take('[')) steps.push(this.#bracket())
      else return steps
    }
  }

  #dotted(): Step {
    if (this.#take('*')) return { kind: 'all' }
    return { kind: 'field', name: this.#name() }
  }

  #name(): string {
    let name = ''
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#peek()
      if (char === '\\') {
        this.#at += 1
        name += this.#peek()
      } else if (/[.[\]=!<>() ,]/.test(char)) break
      else name += char
    }
    if (name === '') throw malformed(`a field name is missing at ${this.#at} of ${this.#text}`)
    return name
  }

  #bracket(): Step {
    if (this.#take('?(')) {
      const filter = this.#filter()
      this.#expect(')]')
      return filter
    }
    const members: Step[] = []
    do members.push(this.#member())
    while (this.#take(','))
    this.#expect(']')
    const [only] = members
    return members.length === 1 && only !== undefined ? only : { kind: 'union', members }
  }

  #member(): Step {
    this.#space()
    if (this.#take('*')) return { kind: 'all' }
    if (this.#peek() === "'" || this.#peek() === '"') return { kind: 'field', name: this.#quoted() }
    const match = /^(-?\d*)(?:(:)(-?\d*)(?::(\d*))?)?/.exec(this.#text.slice(this.#at))
    const [whole = '', from = '', colon, to = '', by = ''] = match ?? []
    if (whole === '') throw malformed(`an index is missing at ${this.#at} of ${this.#text}`)
    this.#at += whole.length
    const number = (text: string) => (text === '' ? undefined : Number(text))
    if (colon !== undefined) return { kind: 'slice', from: number(from), to: number(to), by: number(by) }
    const index = Number(from)
    return { kind: 'slice', from: index, to: index === -1 ? undefined : index + 1 }
  }

  #filter(): Step {
    const left = this.#operand()
    const operator = /^(==|!=|<=|>=|<|>)/.exec(this.#text.slice(this.#at))?.[0]
    if (operator === undefined) return { kind: 'filter', left }
    this.#at += operator.length
    return { kind: 'filter', left, operator, right: this.#operand() }
  }

  #operand(): Operand {
    this.#space()
    const literal = /^(-?\d+(?:\.\d+)?|true|false)(?=[\s)=!<>])/.exec(this.#text.slice(this.#at))?.[0]
    let side: Operand
    if (literal !== undefined) {
      this.#at += literal.length
      side = { kind: 'literal', value: JSON.parse(literal) as unknown }
    } else if (this.#peek() === "'" || this.#peek() === '"') side = { kind: 'literal', value: this.#quoted() }
    else side = { kind: 'path', steps: this.#steps() }
    this.#space()
    return side
  }

  #quoted(): string {
    const quote = this.#peek()
    let text = ''
    for (this.#at += 1; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#peek()
      if (char === quote) {
        this.#at += 1
        return text
      }
      if (char === '\\') this.#at += 1
      text += this.#peek()
    }
    throw malformed(`unclosed ${quote}`)
  }

  #space(): void {
    while (this.#peek() === ' ') this.#at += 1
  }

  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false
    this.#at += text.length
    return true
  }

  #expect(text: string): void {
    this.#space()
    if (!this.#take(text)) throw malformed(`${text} is missing at ${this.#at} of ${this.#text}`)
  }
}
