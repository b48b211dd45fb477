import type { Draft, FieldError } from '../contracts.ts'
import type { CustomKind } from './custom-kinds.ts'
import { invalidValue, noField } from './field-error.ts'
import { checkEmbedded, checkListTypes } from './list-types.ts'
import { checkRules } from './rules.ts'
import { checkAgainstSchema } from './schema-check.ts'

/** With one of these, the rules are not evaluated: they may rely on what the schema promises. */
const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** Checks an object of a custom kind: schema first, then uniqueness in lists, then rules. */
export function validateCustom(
  kind: CustomKind,
  object: Readonly<Draft>,
  old: Readonly<Draft> | undefined,
): readonly FieldError[] {
  const { declared } = kind
  const at = { path: '', old: old === undefined ? undefined : { value: old } }
  const duplicates = checkListTypes(declared, object, '')
  const hadDuplicates = duplicates.length > 0 && old !== undefined && checkListTypes(declared, old, '').length > 0
  const errors = [
    ...checkAgainstSchema(declared, object, at),
    ...checkEmbedded(declared, object, ''),
    ...(hadDuplicates ? [] : duplicates),
  ]
  if (errors.some(({ reason }) => blocking.has(reason))) return kind.hasRules ? [...errors, unchecked] : errors
  return [...errors, ...checkRules(declared, object, at)]
}

const unchecked = invalidValue(
  noField,
  null,
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
)
