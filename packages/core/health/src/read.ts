import type { KubeObject } from '@kedge/manifest'

/** A status condition as most kinds write it; missing parts are empty. */
export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** A field below dotted names; undefined when any step is missing. */
export function fieldAt(value: unknown, path: string): unknown {
  let at: unknown = value
  for (const name of path.split('.')) {
    if (!isRecord(at)) return undefined
    at = at[name]
  }
  return at
}

/** A number field, or what counts in its absence. */
export function numberAt(value: unknown, path: string, absent: number): number {
  const found = fieldAt(value, path)
  return typeof found === 'number' ? found : absent
}

/** A text field, or what counts in its absence. */
export function textAt(value: unknown, path: string, absent: string): string {
  const found = fieldAt(value, path)
  return typeof found === 'string' ? found : absent
}

/** The items of a list field; none when it is absent or no list. */
export function itemsAt(value: unknown, path: string): readonly unknown[] {
  const found = fieldAt(value, path)
  return Array.isArray(found) ? found : []
}

/** The conditions of an object's status. Entries of another shape are left out. */
export function conditionsOf(object: KubeObject): readonly Condition[] {
  return itemsAt(object, 'status.conditions').flatMap((entry) => {
    const type = textAt(entry, 'type', '')
    if (type === '') return []
    const [status, reason, message] = ['status', 'reason', 'message'].map((name) => textAt(entry, name, ''))
    return [{ type, status: status ?? '', reason: reason ?? '', message: message ?? '' }]
  })
}

/** The condition of a type; undefined when the object has none. */
export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  return conditionsOf(object).find((one) => one.type === type)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
