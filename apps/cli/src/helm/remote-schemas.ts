import { FailureError } from '@kedge/base'
import { chartError, type FetchedSchema, type SchemaSource } from '@kedge/helm'

/** Schemas lead to schemas that lead on; so often at most is run. */
const maxRounds = 8

/**
 * Runs something that asks for schema documents of other places and cannot wait: what it asks for is fetched, and it runs
 * again. Lines that it logs are those of the last run.
 */
export async function withRemoteSchemas<T>(
  log: (line: string) => void,
  run: (schemas: SchemaSource, log: (line: string) => void) => T | Promise<T>,
): Promise<T> {
  const known = new Map<string, FetchedSchema>()
  for (let round = 0; round < maxRounds; round += 1) {
    const wanted = new Set<string>()
    const lines: string[] = []
    const outcome = await attempt(() =>
      run(
        (address) => {
          const found = known.get(address)
          if (found === undefined) wanted.add(address)
          return found
        },
        (line) => lines.push(line),
      ),
    )
    if (wanted.size === 0) {
      for (const line of lines) log(line)
      return outcome()
    }
    // Few charts need what it takes.
    const { fetchSchemas } = await import('./fetch-schemas.ts')
    for (const [address, schema] of await fetchSchemas(wanted)) known.set(address, schema)
  }
  throw chartError(`schemas still lead to other schemas after ${maxRounds} rounds`)
}

async function attempt<T>(run: () => T | Promise<T>): Promise<() => T> {
  try {
    const value = await run()
    return () => value
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    return () => {
      throw error
    }
  }
}
