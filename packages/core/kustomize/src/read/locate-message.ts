import { FailureError, type Origin } from '@kedge/base'
import type { YamlNode } from '@kedge/yaml'

/** The line of the field that a shape (shape.ts) names in its message, as far as the text has it. */
export function locateMessage(error: unknown, root: YamlNode | undefined, file: string): Origin {
  if (!(error instanceof FailureError) || root === undefined) return { file }
  const { message } = error.failure
  const [, unknown, around = ''] = /unknown field "([^"]+)"(?: in (\S+))?/.exec(message) ?? []
  const [, mismatch = ''] = /into field (\S+) of type/.exec(message) ?? []
  const path = unknown === undefined ? mismatch : `${around}.${unknown}`
  const line = lineAt(root, path.match(/[^.[\]]+/g) ?? [])
  return line > 0 ? { file, line } : { file }
}

function lineAt(root: YamlNode, parts: readonly string[]): number {
  let at: YamlNode = root
  let { line } = root
  for (const part of parts) {
    const next = step(at, part)
    if (next === undefined) break
    line = next.line
    at = next.node
  }
  return line
}

function step(at: YamlNode, part: string): { readonly node: YamlNode; readonly line: number } | undefined {
  if (at.kind === 'seq') {
    const item = at.items[Number(part)]
    return item === undefined ? undefined : { node: item, line: item.line }
  }
  if (at.kind !== 'map') return undefined
  // Names of fields are matched in any case, and the last of several wins.
  const entry = at.entries.findLast(
    ({ key }) => key.kind === 'scalar' && key.value.toLowerCase() === part.toLowerCase(),
  )
  return entry === undefined ? undefined : { node: entry.value, line: entry.key.line }
}
