import { kindName, typeName, type GoFunction, type GoValue } from '../value/go-value.ts'
import { deepEqual } from './deep-equal.ts'
import { fixed } from './signature.ts'

/** sprig's functions on types. */
export const reflectionFunctions: Readonly<Record<string, GoFunction>> = {
  typeOf: fixed(['any'], (value) => typeName(value)),
  typeIs: fixed(['string', 'any'], (target, value) => typeName(value) === target),
  typeIsLike: fixed(
    ['string', 'any'],
    (target, value) => typeName(value) === target || typeName(value) === `*${target as string}`,
  ),
  kindOf: fixed(['any'], (value) => kind(value)),
  kindIs: fixed(['string', 'any'], (target, value) => kind(value) === target),
  deepEqual: fixed(['any', 'any'], (a, b) => deepEqual(a, b)),
}

function kind(value: GoValue): string {
  return kindName(value)
}
