import { readFileSync } from 'node:fs'
import path from 'node:path'
import { FailureError } from '@kedge/base'
import { chartError, mergeMaps, readValues, scanJson, setValues, type SetKind, type ValueLayer } from '@kedge/helm'
import type { Flags, FlagSpec } from './parse-flags.ts'

/** The flags that give values. */
export const valueFlags: Readonly<Record<string, FlagSpec>> = {
  values: { kind: 'words', short: 'f' },
  set: { kind: 'list' },
  'set-string': { kind: 'list' },
  'set-file': { kind: 'list' },
  'set-json': { kind: 'list' },
  'set-literal': { kind: 'list' },
}

const kinds: readonly (readonly [string, SetKind])[] = [
  ['set', 'value'],
  ['set-string', 'string'],
  ['set-file', 'file'],
  ['set-literal', 'literal'],
]

type Values = Record<string, unknown>

/** A file that has to be read before values can be. */
class MissingFile extends Error {
  readonly address: string

  constructor(address: string) {
    super(`${address} was not read yet`)
    this.name = 'MissingFile'
    this.address = address
  }
}

/** So many addresses are read for one command at most. */
const maxAddresses = 100

/**
 * Values of the command line, in Helm's order of precedence: files, then each flag of the `--set` family as a group;
 * `tell` gets each by itself. Files may lie at addresses: whoever names one waits for it, and the flags are read again.
 */
export async function valuesOfFlags(flags: Flags, cwd: string, tell?: (layer: ValueLayer) => void): Promise<Values> {
  const known = new Map<string, string>()
  let stdin: string | undefined
  for (;;) {
    try {
      let isStdinRead = false
      const readText = (name: string): string => {
        if (name.trim() !== '-') return known.get(name) ?? readNamedFile(name, cwd)
        // Whoever reads the standard input again finds nothing left.
        const text = isStdinRead ? '' : (stdin ??= readUserFile(0, name))
        isStdinRead = true
        return text
      }
      const layers: ValueLayer[] = []
      const values = readFlags(flags, readText, (layer) => layers.push(layer))
      for (const layer of layers) tell?.(layer)
      return values
    } catch (error) {
      if (!(error instanceof MissingFile)) throw error
      if (known.size >= maxAddresses) throw chartError(`values are read from ${maxAddresses} addresses at most`)
      const { fetchValues } = await import('./fetch-values.ts')
      known.set(error.address, await fetchValues(error.address))
    }
  }
}

function readNamedFile(name: string, cwd: string): string {
  if (isAddress(name)) throw new MissingFile(name)
  if (name === '') throw chartError('open : no such file or directory')
  return readUserFile(path.resolve(cwd, name), name)
}

function isAddress(name: string): boolean {
  return /^https?:\/\//i.test(name) && URL.canParse(name)
}

function readFlags(flags: Flags, readText: (name: string) => string, tell: (layer: ValueLayer) => void): Values {
  let values = Object.create(null) as Values
  for (const name of flags.list('values')) {
    const text = readText(name)
    const own = explained(`failed to parse ${name}`, () => readValues(text))
    tell({ kind: 'file', label: name.trim() === '-' ? 'stdin' : name, values: own, text })
    values = mergeMaps(values, own)
  }
  const layer = (flag: string, text: string, set: (values: Values) => Values): void => {
    values = set(values)
    tell({ kind: 'flag', label: `--${flag} ${text}`, values: set(Object.create(null) as Values) })
  }
  for (const text of flags.list('set-json')) layer('set-json', text, (into) => setJson(into, text))
  for (const [flag, kind] of kinds) {
    for (const text of flags.list(flag)) {
      layer(flag, text, (into) => {
        explained(`failed parsing --${flag} data`, () => setValues(into, text, { kind, readFile: readText }))
        return into
      })
    }
  }
  return values
}

function setJson(values: Values, text: string): Values {
  const trimmed = text.trim()
  try {
    if (trimmed.startsWith('{')) return mergeMaps(values, scanJson(trimmed).value as Values)
    setValues(values, text, { kind: 'json' })
    return values
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    throw chartError(`failed parsing --set-json data ${trimmed.startsWith('{') ? 'JSON: ' : ''}${text}`, error)
  }
}

function explained<T>(what: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof FailureError) throw chartError(`${what}: ${error.failure.message}`, error)
    throw error
  }
}

function readUserFile(file: string | 0, name: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const step = (error as NodeJS.ErrnoException).syscall === 'read' ? 'read' : 'open'
    throw chartError(`${step} ${name}: ${reasonOf(error)}`, error)
  }
}

/** Why a file could not be read, in the words of Go on Linux. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT') return 'no such file or directory'
  if (code === 'EISDIR') return 'is a directory'
  if (code === 'ENOTDIR') return 'not a directory'
  if (code === 'EEXIST') return 'file exists'
  return code === 'EACCES' ? 'permission denied' : (code ?? 'unreadable')
}
