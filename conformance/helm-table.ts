import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { CaseResult } from './suite.ts'

/** What an evaluation gave: a text, or the message of its failure. */
export interface Outcome {
  readonly out?: unknown
  readonly err?: string
}

/** A case of a table: what goes in, and what the real tool answered. */
export interface TableCase extends Outcome {
  readonly id?: string
}

/** Reads a table of cases; an empty one when the file is not there. */
export function readTable(root: string, ...names: readonly string[]): readonly unknown[] {
  const file = path.join(root, ...names)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly unknown[]) : []
}

/** Runs something that may fail as templates and charts do. Anything else that is thrown counts as an error of ours. */
export function outcomeOf(run: () => unknown): Outcome {
  try {
    const out = run()
    // What the tables hold went through JSON, where bytes that are no text became U+FFFD.
    return { out: typeof out === 'string' ? out.toWellFormed() : out }
  } catch (error) {
    return { err: error instanceof Error ? error.message : String(error) }
  }
}

/** Compares what we gave with what was recorded. */
export function compareOutcomes(got: Outcome, want: Outcome): Pick<CaseResult, 'status' | 'detail'> {
  const key = (outcome: Outcome): string =>
    JSON.stringify(outcome.err === undefined ? { out: outcome.out } : { err: outcome.err })
  if (key(got) === key(want)) return { status: 'equal', detail: '' }
  return {
    status: got.err !== undefined && want.err === undefined ? 'error' : 'different',
    detail: `want ${key(want)}, got ${key(got)}`,
  }
}
