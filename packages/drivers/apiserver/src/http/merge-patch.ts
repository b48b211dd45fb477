import { cloneValue, isDraft } from './draft.ts'

/** Applies an RFC 7386 merge patch; neither argument is changed. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isDraft(patch)) return cloneValue(patch)
  const merged: Record<string, unknown> = isDraft(target) ? { ...target } : {}
  for (const [name, change] of Object.entries(patch)) {
    if (change === null) delete merged[name]
    else merged[name] = applyMergePatch(merged[name], change)
  }
  return merged
}
