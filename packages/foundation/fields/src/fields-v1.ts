import { fail, ok, type Result } from '@kedge/base'
import { emptyFieldSet, type FieldSet } from './field-set.ts'
import { canonicalElement, compareElements, type PathElement } from './path-element.ts'

/** Deeper than any Kubernetes object: the server refuses bodies nested more than this. */
const maxDepth = 500

/** Reads the `fieldsV1` of a managedFields entry. Fails on a step that is none, or nesting beyond 500. */
export function parseFieldsV1(value: unknown): Result<FieldSet> {
  const wrong: string[] = []
  const set = parseNode(value, { depth: 0, wrong })
  if (wrong.length > 0) {
    return fail({ code: 'InvalidFieldsV1', message: `fieldsV1 is not a field set: ${wrong.slice(0, 3).join(', ')}` })
  }
  return ok({ owned: false, children: set.children })
}

function parseNode(value: unknown, state: { readonly depth: number; readonly wrong: string[] }): FieldSet {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    state.wrong.push(`${JSON.stringify(value)} in place of an object`)
    return emptyFieldSet
  }
  if (state.depth > maxDepth) {
    state.wrong.push('nested too deep')
    return emptyFieldSet
  }
  const children = new Map<PathElement, FieldSet>()
  let own = false
  for (const [text, below] of Object.entries(value)) {
    if (text === '.') {
      own = true
      continue
    }
    const element = canonicalElement(text)
    if (element === undefined) {
      state.wrong.push(`${JSON.stringify(text)} is no path element`)
      continue
    }
    children.set(element, parseNode(below, { depth: state.depth + 1, wrong: state.wrong }))
  }
  return { owned: own || children.size === 0, children }
}

/** Writes a set as the `fieldsV1` of a managedFields entry, steps in the real server's order. */
export function formatFieldsV1(set: FieldSet): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const element of [...set.children.keys()].toSorted(compareElements)) {
    const child = set.children.get(element)
    if (child === undefined) continue
    const below = formatFieldsV1(child)
    out[element] = child.owned && child.children.size > 0 ? { '.': {}, ...below } : below
  }
  return out
}
