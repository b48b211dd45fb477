import { FailureError } from '@kedge/base'
import { parseYaml, printYaml } from '@kedge/yaml'
import { badRequest } from './status.ts'

/** Reads one YAML document. */
export function readYaml(text: string): { readonly value: unknown; readonly duplicates: readonly string[] } {
  try {
    return { value: parseYaml(text), duplicates: [] }
  } catch (error) {
    if (error instanceof FailureError) throw badRequest(`error converting YAML to JSON: ${error.failure.message}`)
    throw error
  }
}

/** An answer as YAML, for clients that accept nothing else. */
export function writeYaml(value: unknown): Buffer {
  return Buffer.from(printYaml(value))
}
