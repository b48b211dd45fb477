import type { FieldError } from '../contracts.ts'

/** A value that shows in no message. */
export const omitted: unique symbol = Symbol('omitted')

function text(value: unknown): string {
  return JSON.stringify(value ?? null)
}

function withDetail(start: string, detail: string): string {
  return detail === '' ? start : `${start}: ${detail}`
}

/** A wrong value. */
export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  const start = value === omitted ? 'Invalid value' : `Invalid value: ${text(value)}`
  return { reason: 'FieldValueInvalid', field, message: withDetail(start, detail) }
}

/** A value of the wrong type. */
export function wrongType(field: string, value: unknown, detail: string): FieldError {
  return { ...invalidValue(field, value, detail), reason: 'FieldValueTypeInvalid' }
}

/** A field that must be there. */
export function requiredValue(field: string, detail = ''): FieldError {
  return { reason: 'FieldValueRequired', field, message: withDetail('Required value', detail) }
}

/** A field that must not be there. */
export function forbiddenValue(field: string, detail: string): FieldError {
  return { reason: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) }
}

/** A value that is none of the allowed ones. */
export function unsupportedValue(field: string, value: unknown, allowed: readonly string[]): FieldError {
  const names = allowed.map((name) => JSON.stringify(name)).join(', ')
  const detail = names === '' ? '' : `supported values: ${names}`
  return { reason: 'FieldValueNotSupported', field, message: withDetail(`Unsupported value: ${text(value)}`, detail) }
}

/** A value that occurs more than once. */
export function duplicateValue(field: string, value: unknown): FieldError {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${text(value)}` }
}

/** A text that is too long. */
export function tooLongValue(field: string, max: number): FieldError {
  const unit = max === 1 ? 'byte' : 'bytes'
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${max} ${unit}` }
}

/** A list or map with too many members. */
export function tooManyValues(field: string, count: number, max: number): FieldError {
  const unit = max === 1 ? 'item' : 'items'
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${count}: must have at most ${max} ${unit}` }
}

/** The field of errors that belong to no field. */
export const noField = '<nil>'
