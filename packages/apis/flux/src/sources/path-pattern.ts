import { fail, ok, type Failure, type Result } from '@kedge/base'

import { isObjectName, type ArtifactGeneratorSpec, type OutputArtifact } from './artifact-generator-spec.ts'

/** An artifact to be made, with what the path that led to it says. */
export interface PlannedArtifact extends OutputArtifact {
  /** The captures of the path, in lower case. */
  readonly labels: Readonly<Record<string, string>>
}

/** A part of a pattern: text, or the name of a capture. */
type Part = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'capture'; readonly name: string }

/** Artifacts that one pattern may lead to. */
const maxPlanned = 10_000

/**
 * The artifacts of a generator: those listed, or, with a path pattern, those of every directory that matches it. Only a
 * change of the object or of the directories can mend a failure (SPEC.md GA6 to GA8).
 */
export function planArtifacts(
  spec: ArtifactGeneratorSpec,
  directoriesOf: (alias: string) => readonly string[] | undefined,
): Result<readonly PlannedArtifact[]> {
  const { pathPattern, artifacts } = spec
  if (pathPattern === undefined) return ok(artifacts.map((artifact) => ({ ...artifact, labels: {} })))
  const slash = pathPattern.indexOf('/')
  if (!pathPattern.startsWith('@') || slash < 0) return broken(`invalid pathPattern format: ${pathPattern}`)
  const opening = `pathPattern ${JSON.stringify(pathPattern)}: `
  const alias = pathPattern.slice(1, slash)
  const directories = directoriesOf(alias)
  if (directories === undefined) return broken(`${opening}source alias ${alias} not found in local sources`)
  const parts = parsePattern(pathPattern.slice(slash + 1))
  if (!parts.ok) return broken(`${opening}${parts.failure.message}`)
  const planned = planMatches({ parts: parts.value, directories, artifacts })
  return planned.ok ? planned : broken(`${opening}${planned.failure.message}`)
}

function planMatches(input: {
  readonly parts: readonly Part[]
  readonly directories: readonly string[]
  readonly artifacts: readonly OutputArtifact[]
}): Result<readonly PlannedArtifact[]> {
  const planned: PlannedArtifact[] = []
  const seen = new Map<string, string>()
  const match = matcherOf(input.parts)
  for (const directory of input.directories) {
    const captures = match(directory)
    if (captures === undefined) continue
    const rendered = renderMatch(input.artifacts, captures)
    if (!rendered.ok) return rendered
    for (const artifact of rendered.value) {
      const before = seen.get(artifact.name)
      if (before !== undefined)
        return broken(`directories "${before}" and "${directory}" both resolve to artifact name "${artifact.name}"`)
      seen.set(artifact.name, directory)
      planned.push(artifact)
    }
    if (planned.length > maxPlanned) return broken(`it leads to more than ${String(maxPlanned)} artifacts`)
  }
  return ok(planned)
}

function renderMatch(
  artifacts: readonly OutputArtifact[],
  captures: ReadonlyMap<string, string>,
): Result<readonly PlannedArtifact[]> {
  const lower = new Map([...captures].map(([name, value]) => [name, value.toLowerCase()]))
  for (const [name, value] of lower) {
    if (!isLabelValue(value))
      return broken(`captured value "${value}" for variable "${name}" is not a valid Kubernetes label value`)
  }
  const labels = Object.fromEntries(lower)
  const rendered: PlannedArtifact[] = []
  for (const artifact of artifacts) {
    const name = renderText(artifact.name, lower)
    if (!name.ok) return name
    if (!isObjectName(name.value))
      return broken(`rendered artifact name "${name.value}" is not a valid Kubernetes object name`)
    const copy: PlannedArtifact['copy'][number][] = []
    for (const step of artifact.copy) {
      const from = renderText(step.from, captures)
      if (!from.ok) return from
      const to = renderText(step.to, captures)
      if (!to.ok) return to
      copy.push({ ...step, from: from.value, to: to.value })
    }
    rendered.push({ ...artifact, name: name.value, copy, labels })
  }
  return ok(rendered)
}

function renderText(template: string, values: ReadonlyMap<string, string>): Result<string> {
  const parts = parseTemplate(template)
  if (!parts.ok) return broken(`invalid template "${template}": ${parts.failure.message}`)
  let text = ''
  for (const part of parts.value) {
    const value = part.kind === 'text' ? part.text : values.get(part.name)
    if (value === undefined && part.kind === 'capture')
      return broken(`invalid template "${template}": capture variable "${part.name}" is not defined by pathPattern`)
    text += value ?? ''
  }
  return ok(text)
}

/** A pattern names every capture once. */
function parsePattern(pattern: string): Result<readonly Part[]> {
  const parts = parseTemplate(pattern)
  if (!parts.ok) return parts
  const seen = new Set<string>()
  for (const part of parts.value) {
    if (part.kind === 'text') continue
    if (seen.has(part.name)) return broken(`duplicate capture variable "${part.name}"`)
    seen.add(part.name)
    // A capture becomes a label, whose name begins and ends with a letter or digit.
    if (!/^[A-Za-z0-9](?:.*[A-Za-z0-9])?$/.test(part.name) || part.name.length > 63)
      return broken(`capture variable "${part.name}" is not a valid Kubernetes label key`)
  }
  return parts
}

function parseTemplate(text: string): Result<readonly Part[]> {
  const parts: Part[] = []
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('{', at)
    const plain = open < 0 ? text.slice(at) : text.slice(at, open)
    if (plain.includes('}')) return broken('a capture has no opening brace')
    if (plain !== '') parts.push({ kind: 'text', text: plain })
    if (open < 0) break
    const close = text.indexOf('}', open)
    if (close < 0) return broken('a capture has no closing brace')
    const name = text.slice(open + 1, close)
    if (name === '') return broken('empty capture variable')
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      return broken(`capture variable "${name}" must be a valid capture name matching [A-Za-z_][A-Za-z0-9_]*`)
    parts.push({ kind: 'capture', name })
    at = close + 1
  }
  return ok(parts)
}

/** A capture is one name of a path, or a part of one; the longest that fits. */
function matcherOf(parts: readonly Part[]): (path: string) => ReadonlyMap<string, string> | undefined {
  return (path) => {
    const failed = new Set<string>()
    const captures = new Map<string, string>()
    function fits(index: number, at: number): boolean {
      const part = parts[index]
      if (part === undefined) return at === path.length
      if (part.kind === 'text') return path.startsWith(part.text, at) && fits(index + 1, at + part.text.length)
      // Many captures side by side would otherwise be tried in every combination.
      const key = `${String(index)} ${String(at)}`
      if (failed.has(key)) return false
      const slash = path.indexOf('/', at)
      for (let end = slash < 0 ? path.length : slash; end > at; end -= 1) {
        if (!fits(index + 1, end)) continue
        captures.set(part.name, path.slice(at, end))
        return true
      }
      failed.add(key)
      return false
    }
    return fits(0, 0) ? captures : undefined
  }
}

function isLabelValue(value: string): boolean {
  return value.length <= 63 && /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value)
}

function broken(message: string): { readonly ok: false; readonly failure: Failure } {
  return fail({ code: 'BuildFailed', message })
}
