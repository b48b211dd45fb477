import type { Draft } from '../contracts.ts'
import { child, children, stringMap, strings, text } from './draft.ts'

/** Whether labels match a LabelSelector (matchLabels and matchExpressions); an empty selector matches everything. */
export function matchesSelector(
  selector: Readonly<Draft> | undefined,
  labels: Readonly<Record<string, string>>,
): boolean {
  if (selector === undefined) return false
  for (const [key, value] of Object.entries(stringMap(selector, 'matchLabels'))) if (labels[key] !== value) return false
  return children(selector, 'matchExpressions').every((expression) => matchesExpression(expression, labels))
}

/** Whether labels hold all pairs of a plain map selector, such as a Service's. */
export function matchesMap(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  for (const key of Object.keys(selector)) if (labels[key] !== selector[key]) return false
  return true
}

/** Whether a LabelSelector names nothing. */
export function isEmptySelector(selector: Readonly<Draft> | undefined): boolean {
  return (
    Object.keys(child(selector, 'matchLabels') ?? {}).length === 0 &&
    children(selector, 'matchExpressions').length === 0
  )
}

function matchesExpression(expression: Readonly<Draft>, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[text(expression, 'key')]
  const values = strings(expression, 'values')
  switch (text(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
