import { badRequest } from './status.ts'

/** Reads one YAML document. */
export function readYaml(_text: string): { readonly value: unknown; readonly duplicates: readonly string[] } {
  throw badRequest('YAML bodies are not read yet; send JSON')
}
