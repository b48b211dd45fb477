import { isObject } from './json.ts'

/** A value as Go prints it: `map[a:b c:[1 2]]`. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (value === null) return '<nil>'
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  const fields = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `map[${fields.map(([name, part]) => `${name}:${goText(part)}`).join(' ')}]`
}
