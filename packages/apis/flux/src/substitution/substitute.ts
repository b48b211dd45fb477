import { fail, FailureError, ok, type Failure, type Result } from '@kedge/base'
import { type KubeObject } from '@kedge/manifest'

import { evaluateTemplate } from './evaluate.ts'
import { parseTemplate } from './parse.ts'

/** Text in, text out: fills `${…}` in. Failures carry Flux's words after `variable substitution failed: `. */
export function substituteText(
  text: string,
  options: { readonly variables: ReadonlyMap<string, string>; readonly strict: boolean },
): Result<string> {
  if (text.length > maxTextLength) return fail(tooLarge('the text'))
  try {
    const result = evaluateTemplate(parseTemplate(text), options)
    return result.length > maxTextLength ? fail(tooLarge('the result')) : ok(result)
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return fail({ ...error.failure, message: `variable substitution failed: ${error.failure.message}` })
  }
}

/** Characters of one object's text, before and after substitution. */
export const maxTextLength: number = 8 * 1024 * 1024

function tooLarge(what: string): Failure {
  return { code: 'SubstitutionTooLarge', message: `${what} is longer than ${String(maxTextLength)} characters` }
}

/** How an object becomes text and text becomes an object again. */
export interface ObjectText {
  print(object: KubeObject): string
  parse(text: string): Result<KubeObject>
}

export interface SubstitutionOptions extends ObjectText {
  readonly variables: ReadonlyMap<string, string>
  readonly strict: boolean
  /** Run although there is no variable (`substituteStrategy: Always`). */
  readonly always: boolean
}

const disableKey = 'kustomize.toolkit.fluxcd.io/substitute'
const variableName = /^[_A-Za-z][_A-Za-z0-9]*$/

/**
 * Fills the variables in one rendered object's text (SPEC.md S20 to S25). An object that opts out, and every object when
 * there is nothing to fill in, comes back as it is. The object may not become another one.
 */
export function substituteObject(object: KubeObject, options: SubstitutionOptions): Result<KubeObject> {
  if (options.variables.size === 0 && !options.always) return ok(object)
  if (object.metadata.labels?.[disableKey] === 'disabled') return ok(object)
  if (object.metadata.annotations?.[disableKey] === 'disabled') return ok(object)
  const text = options.print(object)
  if (!text.includes('$')) return ok(object)
  const filled = substituteText(text, options)
  if (!filled.ok) return fail(forObject(object, filled.failure))
  const parsed = options.parse(filled.value)
  return parsed.ok ? parsed : fail(forObject(object, parsed.failure))
}

/** A failure when a variable's name cannot be written in a template. */
export function checkVariableNames(names: Iterable<string>): Failure | undefined {
  for (const name of names) {
    if (!variableName.test(name)) {
      return {
        code: 'VariableName',
        message: `post build failed: envsubst error: '${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
      }
    }
  }
  return undefined
}

function forObject(object: KubeObject, failure: Failure): Failure {
  return {
    ...failure,
    message: `post build failed for '${object.metadata.name ?? ''}': envsubst error: ${failure.message}`,
  }
}

/** The variables of a build: later references over earlier ones, inline values over all; line breaks removed. */
export function mergeVariables(
  references: readonly Readonly<Record<string, string>>[],
  inline: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  for (const values of [...references, inline]) {
    for (const [name, value] of Object.entries(values)) variables.set(name, value.replaceAll('\n', ''))
  }
  return variables
}
