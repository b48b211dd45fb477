import type { Draft, FieldError } from '../contracts.ts'
import type { CustomKind } from './custom-kinds.ts'

/** Checks an object. */
export function validateCustom(
  kind: CustomKind,
  object: Readonly<Draft>,
  old: Readonly<Draft> | undefined,
): readonly FieldError[] {
  void [kind, object, old]
  return []
}

/** Checks a definition. */
export function defineChecked(crd: Readonly<Draft>): void {
  void crd
}
