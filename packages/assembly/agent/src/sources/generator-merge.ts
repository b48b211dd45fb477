import { FailureError } from '@kedge/base'
import { parseYamlDocuments, printYaml } from '@kedge/yaml'

type Values = Readonly<Record<string, unknown>>

/** Two YAML files merged as Helm merges values: maps go together, everything else of the later one wins. */
export function mergeYaml(base: Uint8Array, over: Uint8Array, path: string): Uint8Array {
  const merged = mergeValues(readValues(base, path), readValues(over, path))
  return new TextEncoder().encode(printYaml(merged))
}

/** The documents of one file are merged in their order too. */
function readValues(bytes: Uint8Array, path: string): Values {
  const text = new TextDecoder().decode(bytes)
  let values: Values = {}
  for (const { value, line } of parseYamlDocuments(text)) {
    if (!isValues(value))
      throw new FailureError({
        code: 'BuildFailed',
        message: `${path}:${String(line)}: cannot be merged, since it is no map`,
      })
    values = mergeValues(values, value)
  }
  return values
}

function mergeValues(base: Values, over: Values): Values {
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(over)) {
    const there = merged.get(key)
    merged.set(key, isValues(value) && isValues(there) ? mergeValues(there, value) : value)
  }
  return Object.fromEntries(merged)
}

function isValues(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
