/** A decoded JSON object; undefined for everything else. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

/** The list in a field; empty when there is none. */
export function listAt(record: Readonly<Record<string, unknown>> | undefined, name: string): readonly unknown[] {
  const value = record?.[name]
  return Array.isArray(value) ? value : []
}

/** The text in a field; empty when there is none. */
export function textAt(record: Readonly<Record<string, unknown>> | undefined, name: string): string {
  const value = record?.[name]
  return typeof value === 'string' ? value : ''
}

/** Whether the field is true. */
export function flagAt(record: Readonly<Record<string, unknown>> | undefined, name: string): boolean {
  return record?.[name] === true
}
