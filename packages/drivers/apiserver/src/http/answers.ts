import type { Answer, Call } from './call.ts'
import type { Written } from './commit.ts'
import { presentationOf } from './presentation.ts'
import type { Parts } from './parts.ts'
import { viewFor, type Scope } from './scope.ts'

/** The answer that carries a stored object in the version and form that the client asked for. */
export function storedAnswer(
  parts: Parts,
  result: {
    readonly scope: Scope
    readonly call: Call
    readonly status: number
    readonly written: Written
    readonly warnings: readonly string[]
  },
): Answer {
  const { scope, call, status, written } = result
  const presentation = presentationOf(parts, scope, call)
  const payload = presentation.single(viewFor(parts, scope.kind, written.stored))
  const warnings = [...result.warnings, ...written.warnings]
  const base = { kind: 'object', status, payload, contentType: presentation.contentType } as const
  return warnings.length === 0 ? base : { ...base, warnings }
}
