import { FailureError } from '@kedge/base'

/** How a flag is read: `list` may be given again, `words` too and is split at commas. */
export type FlagKind = 'boolean' | 'text' | 'list' | 'words'

/** A flag by its long name. */
export interface FlagSpec {
  readonly kind: FlagKind
  readonly short?: string
  /** What a flag without `=value` means, for a text flag that may stand alone. */
  readonly alone?: string
  /** What its value must be. */
  readonly value?: FlagValue
  /** What to use instead; whoever gives the flag is told. */
  readonly deprecated?: string
  /** The variable of the environment that gives the flag when the line does not; one that makes no sense is passed over. */
  readonly variable?: string
}

/** Values of flags that are checked when the line is read. */
export type FlagValue = 'boolean' | 'duration' | 'float' | 'integer' | 'output' | 'pairs' | 'unsigned' | 'wait'

/** Variables of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A parsed command line. */
export class Flags {
  readonly positionals: readonly string[]
  /** What to tell of flags that are old, a line each. */
  readonly notices: readonly string[]
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(
    positionals: readonly string[],
    values: ReadonlyMap<string, readonly string[]>,
    notices: readonly string[] = [],
  ) {
    this.positionals = positionals
    this.notices = notices
    this.#values = values
  }

  /** Whether the line, or the environment, gives a flag. */
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

/** One flag as it was given. */
interface GivenFlag {
  readonly name: string
  /** As complaints name it: `-q, --short`. */
  readonly shown: string
  /** Behind `=`, or right behind the letter. */
  readonly inline: string | undefined
  /** As a complaint about a missing value names it. */
  readonly where: string
}

/**
 * Reads a command line as Go's pflag does: `--name value`, `--name=value`, `-n value`, `-nvalue`, and letters of flags
 * without values in one word, `-Aq`. Throws FailureError.
 */
export function parseFlags(
  args: readonly string[],
  specs: Readonly<Record<string, FlagSpec>>,
  environment: Environment = {},
): Flags {
  const positionals: string[] = []
  const notices: string[] = []
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
    for (const flag of word.startsWith('--') ? [longFlag(word, specs)] : shortFlags(word, { specs, byShort })) {
      const spec = specs[flag.name] ?? { kind: 'text' }
      let value = flag.inline ?? (spec.kind === 'boolean' ? 'true' : spec.alone)
      // The last of them may take the next word.
      if (value === undefined) at += 1
      value ??= nextWord(args[at], flag)
      values.set(flag.name, [...(values.get(flag.name) ?? []), ...checked(value, { flag, spec })])
      notices.push(...noticesOf(flag, spec))
    }
  }
  return new Flags(positionals, new Map([...environmentValues(specs, environment), ...values]), notices)
}

function noticesOf({ name }: GivenFlag, { deprecated }: FlagSpec): readonly string[] {
  return deprecated === undefined ? [] : [`Flag --${name} has been deprecated, ${deprecated}\n`]
}

function environmentValues(
  specs: Readonly<Record<string, FlagSpec>>,
  environment: Environment,
): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(specs).flatMap(([name, spec]): readonly (readonly [string, readonly string[]])[] => {
    const given = (spec.variable === undefined ? undefined : environment[spec.variable]) ?? ''
    if (given === '' || (spec.kind === 'boolean' && !truth.test(given))) return []
    const words = given.replaceAll(/^[, ]+|[, ]+$/g, '')
    if (spec.kind === 'list') return words === '' ? [] : [[name, words.split(',')]]
    return [[name, [given]]]
  })
}

function nextWord(word: string | undefined, flag: GivenFlag): string {
  if (word === undefined) throw flagFailure(`flag needs an argument: ${flag.where}`)
  return word
}

function longFlag(word: string, specs: Readonly<Record<string, FlagSpec>>): GivenFlag {
  const equals = word.indexOf('=')
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals)
  if (name === '' || name.startsWith('-')) throw flagFailure(`bad flag syntax: ${word}`)
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
  if (spec === undefined) throw flagFailure(`unknown flag: --${name}`)
  return { name, shown: shownName(name, spec), inline: equals < 0 ? undefined : word.slice(equals + 1), where: word }
}

/** The flags of `-Aq`; the first that takes a value takes the rest of the word for it. */
function shortFlags(
  word: string,
  by: { readonly specs: Readonly<Record<string, FlagSpec>>; readonly byShort: ReadonlyMap<string, string> },
): readonly GivenFlag[] {
  const flags: GivenFlag[] = []
  for (let at = 1; at < word.length; at += 1) {
    const letter = word.charAt(at)
    const name = by.byShort.get(letter)
    const spec = name === undefined ? undefined : by.specs[name]
    if (name === undefined || spec === undefined)
      throw flagFailure(`unknown shorthand flag: ${JSON.stringify(letter).replaceAll('"', "'")} in -${word.slice(at)}`)
    const rest = word.slice(at + 1)
    const takesRest = rest.startsWith('=') || (rest !== '' && spec.kind !== 'boolean' && spec.alone === undefined)
    const where = `'${letter}' in -${word.slice(at)}`
    flags.push({
      name,
      shown: shownName(name, spec),
      inline: takesRest ? rest.replace(/^=(?=.)/s, '') : undefined,
      where,
    })
    if (takesRest) break
  }
  return flags
}

function shownName(name: string, { short }: FlagSpec): string {
  return short === undefined ? `--${name}` : `-${short}, --${name}`
}

/** What is kept of a value. */
function checked(
  value: string,
  { flag, spec }: { readonly flag: GivenFlag; readonly spec: FlagSpec },
): readonly string[] {
  const problem =
    spec.kind === 'words' ? quotesProblem(value) : valueProblem(value, spec.kind === 'boolean' ? 'boolean' : spec.value)
  if (problem !== undefined)
    throw flagFailure(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(flag.shown)} flag: ${problem}`)
  return spec.kind === 'words' ? splitWords(value) : [value]
}

/** Go's words on a line of words with quotes that do not pair. */
function quotesProblem(line: string): string | undefined {
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] !== '"') continue
    const isStart = at === 0 || line[at - 1] === ','
    if (!isQuoted && !isStart) return `parse error on line 1, column ${at + 1}: bare " in non-quoted field`
    if (!isQuoted) isQuoted = true
    else if (line[at + 1] === '"') at += 1
    else if (at + 1 === line.length || line[at + 1] === ',') isQuoted = false
    else return `parse error on line 1, column ${at + 1}: extraneous or missing " in quoted-field`
  }
  return isQuoted
    ? `parse error on line 1, column ${line.length + 1}: extraneous or missing " in quoted-field`
    : undefined
}

const truth = /^(?:1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/
const goDuration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|[smh]))+)$/

/** Go's words on a value that is none of its kind. */
function valueProblem(value: string, wanted: FlagValue | undefined): string | undefined {
  const syntax = (what: string): string => `strconv.${what}: parsing ${JSON.stringify(value)}: invalid syntax`
  switch (wanted) {
    case 'boolean':
      return truth.test(value) ? undefined : syntax('ParseBool')
    case 'integer':
      return wholeProblem(value, { reader: 'ParseInt', least: -(2n ** 63n), most: 2n ** 63n - 1n })
    case 'unsigned':
      return wholeProblem(value, { reader: 'ParseUint', least: 0n, most: 2n ** 64n - 1n })
    case 'wait':
      return ['watcher', 'hookOnly', 'legacy', 'true', 'false'].includes(value)
        ? undefined
        : `invalid wait input ${JSON.stringify(value)}. Valid inputs are watcher, hookOnly, and legacy`
    case 'float':
      return floatProblem(value)
    case 'duration':
      return goDuration.test(value) ? undefined : durationProblem(value)
    case 'output':
      return ['json', 'table', 'yaml'].includes(value) ? undefined : 'invalid format type'
    case 'pairs':
      return pairsProblem(value)
    case undefined:
      return undefined
  }
}

/** One equals sign makes one pair, commas or not; more are read as a list of pairs. */
function pairsProblem(value: string): string | undefined {
  const signs = value.split('=').length - 1
  const wrong = signs > 1 ? splitWords(value).find((pair) => !pair.includes('=')) : signs === 0 ? value : undefined
  return wrong === undefined ? undefined : `${wrong} must be formatted as key=value`
}

function wholeProblem(
  value: string,
  { reader, least, most }: { readonly reader: string; readonly least: bigint; readonly most: bigint },
): string | undefined {
  const whole = parseWhole(value)
  const isSigned = reader === 'ParseInt' || !/^[+-]/.test(value)
  const problem = whole === undefined || !isSigned ? 'invalid syntax' : 'value out of range'
  if (whole !== undefined && isSigned && whole >= least && whole <= most) return undefined
  return `strconv.${reader}: parsing ${JSON.stringify(value)}: ${problem}`
}

/** Underscores may part digits, and a prefix from them. */
function withoutUnderscores(text: string): string {
  return text.replaceAll(/(?<=[\da-fA-FxXbBoO])_(?=[\da-fA-F])/g, '')
}

/** A whole number as Go reads it with base 0: prefixes choose the base, and a leading 0 does. Undefined when it is none. */
export function parseWhole(text: string): bigint | undefined {
  const [, sign = '', digits = ''] =
    /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9]\d*)$/.exec(withoutUnderscores(text)) ?? []
  if (digits === '') return undefined
  const whole = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return sign === '-' ? -whole : whole
}

/** Go's own words: a number without a unit, or with one that there is not, or no number at all. */
function durationProblem(value: string): string {
  const shown = JSON.stringify(value)
  const [, unit] =
    /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|[smh]))*(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(value) ?? []
  if (unit === undefined) return `time: invalid duration ${shown}`
  return unit === ''
    ? `time: missing unit in duration ${shown}`
    : `time: unknown unit ${JSON.stringify(unit)} in duration ${shown}`
}

const goFloat =
  /^[+-]?(?:inf(?:inity)?|nan|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)p[+-]?\d+)$/i
/** The largest number of 32 bits. */
const maxFloat = 3.4028235677973366e38

function floatProblem(value: string): string | undefined {
  const isFloat = goFloat.test(value)
  const isFinite = !/^[+-]?(?:inf|nan|0x)/i.test(value)
  if (isFloat && (!isFinite || Math.abs(Number(value)) < maxFloat)) return undefined
  return `strconv.ParseFloat: parsing ${JSON.stringify(value)}: ${isFloat ? 'value out of range' : 'invalid syntax'}`
}

/** A line of comma-separated values; those in double quotes may hold commas. */
function splitWords(line: string): readonly string[] {
  if (line === '') return []
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  )
}

function flagFailure(message: string): FailureError {
  return new FailureError({ code: 'FlagInvalid', message })
}
