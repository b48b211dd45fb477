import { printYaml } from '@kedge/yaml'
import type { Resource } from '../model/resource.ts'
import { cleanPath } from '../load/loader.ts'
import { parseRepository } from '../load/repository.ts'

export const ORIGIN_ANNOTATION = 'config.kubernetes.io/origin'
export const TRANSFORMATIONS_ANNOTATION = 'alpha.config.kubernetes.io/transformations'

/** Where an object came from, as `buildMetadata: [originAnnotations]` shows it. */
export interface OriginNote {
  readonly path?: string
  readonly repo?: string
  readonly ref?: string
  readonly configuredIn?: string
  readonly configuredBy?: {
    readonly apiVersion?: string
    readonly kind?: string
    readonly name?: string
    readonly namespace?: string
  }
}

/** The note for a path named by a kustomization that has a note itself. */
export function appendPath(note: OriginNote, path: string): OriginNote {
  const repository = parseRepository(path)
  if (repository === undefined) return { ...note, path: joinNotePath(note.path ?? '', path) }
  return { path: cleanPath(repository.path), repo: repository.clone, ref: repository.ref }
}

/** Joins as Go's filepath.Join does: `..` in front stays. */
export function joinNotePath(folder: string, path: string): string {
  return cleanPath(folder === '' ? path : `${folder}/${path}`)
}

/** The note as the annotation's YAML. */
export function formatNote(note: OriginNote): string {
  return formatFields(note, '')
}

const noteFields = ['path', 'repo', 'ref', 'configuredIn'] as const
const byFields = ['apiVersion', 'kind', 'name', 'namespace'] as const

function formatFields(note: OriginNote, indent: string): string {
  const lines: string[] = []
  for (const field of noteFields) if (isSet(note[field])) lines.push(`${field}: ${scalarText(note[field])}`)
  const by = note.configuredBy
  if (by !== undefined && byFields.some((field) => isSet(by[field]))) {
    lines.push('configuredBy:')
    for (const field of byFields) if (isSet(by[field])) lines.push(`  ${field}: ${scalarText(by[field])}`)
  }
  return lines.length === 0 ? '{}\n' : lines.map((line, index) => `${index === 0 ? '' : indent}${line}\n`).join('')
}

function isSet(text: string | undefined): text is string {
  return text !== undefined && text !== ''
}

function scalarText(text: string): string {
  return printYaml(text).trimEnd()
}

/** Adds a note to an object that has none. */
export function noteOrigin(resource: Resource, note: OriginNote): void {
  if (resource.annotations[ORIGIN_ANNOTATION] === undefined) write(resource, ORIGIN_ANNOTATION, formatNote(note))
}

/** Adds a transformer to the list of those that treated an object. */
export function noteTransformation(resource: Resource, note: OriginNote): void {
  if (resource.annotations[ORIGIN_ANNOTATION] === undefined) return noteOrigin(resource, note)
  const before = resource.annotations[TRANSFORMATIONS_ANNOTATION] ?? ''
  write(resource, TRANSFORMATIONS_ANNOTATION, `${before}- ${formatFields(note, '  ')}`)
}

/** All other annotations become strings on the way, as in kustomize. */
function write(resource: Resource, name: string, text: string): void {
  resource.setAnnotations({ ...resource.annotations, [name]: text })
}
