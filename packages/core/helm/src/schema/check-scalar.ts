import { regexFinds } from '@kedge/gotemplate'
import { englishCount, englishNumber, quote } from './problem.ts'
import type { Report, SchemaMap } from './check-value.ts'

/** The keywords on texts. */
export function checkText(text: string, schema: SchemaMap, report: Report): void {
  const { minLength, maxLength, pattern } = schema
  const length = Array.from(text).length
  if (typeof minLength === 'number' && length < minLength)
    report(`minLength: got ${englishCount(length)}, want ${englishCount(minLength)}`)
  if (typeof maxLength === 'number' && length > maxLength)
    report(`maxLength: got ${englishCount(length)}, want ${englishCount(maxLength)}`)
  if (typeof pattern === 'string' && !regexFinds(pattern, text))
    report(`${quote(text)} does not match pattern ${quote(pattern)}`)
}

/** The keywords on numbers. */
export function checkNumber(value: number, schema: SchemaMap, report: Report): void {
  const { minimum, maximum, multipleOf } = schema
  const complain = (keyword: string, want: number): void =>
    report(`${keyword}: got ${englishNumber(value)}, want ${englishNumber(want)}`)
  const lower = bound(schema['exclusiveMinimum'], minimum)
  const upper = bound(schema['exclusiveMaximum'], maximum)
  if (typeof minimum === 'number' && value < minimum && lower !== minimum) complain('minimum', minimum)
  if (typeof maximum === 'number' && value > maximum && upper !== maximum) complain('maximum', maximum)
  if (lower !== undefined && value <= lower) complain('exclusiveMinimum', lower)
  if (upper !== undefined && value >= upper) complain('exclusiveMaximum', upper)
  if (typeof multipleOf === 'number' && multipleOf > 0 && !isMultiple(value, multipleOf))
    complain('multipleOf', multipleOf)
}

/** An exclusive bound; draft 4 says with a boolean that the other one is. */
function bound(exclusive: unknown, inclusive: unknown): number | undefined {
  if (typeof exclusive === 'number') return exclusive
  return exclusive === true && typeof inclusive === 'number' ? inclusive : undefined
}

/** Decimal fractions such as 0.3 and 0.1 are multiples though their binary quotient is not whole. */
function isMultiple(value: number, of: number): boolean {
  const quotient = value / of
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient))
}
