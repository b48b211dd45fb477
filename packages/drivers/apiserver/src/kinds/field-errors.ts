import type { FieldError } from '../contracts.ts'

/** A wrong value, worded as the real server does. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${show(value)}: ${detail}` }
}

/** A missing value. */
export function required(field: string, detail = ''): FieldError {
  return {
    reason: 'FieldValueRequired',
    field,
    message: detail === '' ? 'Required value' : `Required value: ${detail}`,
  }
}

/** A value that must not be there. */
export function forbidden(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` }
}

/** A value outside a closed set. */
export function unsupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const names = supported.map((name) => `"${name}"`).join(', ')
  return {
    reason: 'FieldValueNotSupported',
    field,
    message: `Unsupported value: ${show(value)}: supported values: ${names}`,
  }
}

/** A value that occurs twice in a list whose items must differ. */
export function duplicate(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${show(value)}` }
}

/** A reference to something that is not there. */
export function notFound(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${show(value)}` }
}

/** A text or map larger than its limit. */
export function tooLong(field: string, limit: number): FieldError {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${limit} bytes` }
}

/** A change of a field that must stay as it was made. */
export function immutable(field: string, value: unknown): FieldError {
  return invalid(field, value, 'field is immutable')
}

function show(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}
