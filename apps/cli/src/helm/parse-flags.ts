import { FailureError } from '@kedge/base'

/** How a flag is read: `list` may be given again, `words` too and is split at commas. */
export type FlagKind = 'boolean' | 'text' | 'list' | 'words'

/** A flag by its long name. */
export interface FlagSpec {
  readonly kind: FlagKind
  readonly short?: string
  /** What a flag without `=value` means, for a text flag that may stand alone. */
  readonly alone?: string
}

/** A parsed command line. */
export class Flags {
  readonly positionals: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(positionals: readonly string[], values: ReadonlyMap<string, readonly string[]>) {
    this.positionals = positionals
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  boolean(name: string): boolean {
    return isTrue(this.#values.get(name)?.at(-1) ?? 'false')
  }

  /** The last value given; empty without one. */
  text(name: string): string {
    return this.#values.get(name)?.at(-1) ?? ''
  }

  list(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }
}

function isTrue(text: string): boolean {
  return ['true', 't', '1', 'T', 'TRUE', 'True'].includes(text)
}

/** Reads a command line as Go's pflag does: `--name value`, `--name=value`, `-n value`, `-nvalue`. Throws FailureError. */
export function parseFlags(args: readonly string[], specs: Readonly<Record<string, FlagSpec>>): Flags {
  const positionals: string[] = []
  const values = new Map<string, string[]>()
  const byShort = new Map(
    Object.entries(specs).flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name]])),
  )
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? ''
    if (word === '--') {
      positionals.push(...args.slice(at + 1))
      break
    }
    if (!word.startsWith('-') || word === '-') {
      positionals.push(word)
      continue
    }
    const { name, inline } = splitWord(word, byShort)
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
    if (spec === undefined)
      throw flagFailure(
        word.startsWith('--') ? `unknown flag: --${name}` : `unknown shorthand flag: '${name}' in ${word}`,
      )
    const alone = spec.kind === 'boolean' ? 'true' : spec.alone
    let value = inline ?? alone
    if (value === undefined) {
      at += 1
      value = args[at]
      if (value === undefined) throw flagFailure(`flag needs an argument: ${word}`)
    }
    const given = values.get(name) ?? []
    given.push(...(spec.kind === 'words' ? value.split(',') : [value]))
    values.set(name, given)
  }
  return new Flags(positionals, values)
}

function splitWord(
  word: string,
  byShort: ReadonlyMap<string, string>,
): { readonly name: string; readonly inline: string | undefined } {
  if (!word.startsWith('--')) {
    const rest = word.slice(2)
    const letter = word.charAt(1)
    return { name: byShort.get(letter) ?? letter, inline: rest === '' ? undefined : rest.replace(/^=/, '') }
  }
  const equals = word.indexOf('=')
  return equals < 0
    ? { name: word.slice(2), inline: undefined }
    : { name: word.slice(2, equals), inline: word.slice(equals + 1) }
}

function flagFailure(message: string): FailureError {
  return new FailureError({ code: 'FlagInvalid', message })
}
