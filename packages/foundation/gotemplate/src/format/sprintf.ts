import { bytesToText, textToBytes } from '../value/bytes.ts'
import { isPrintable, quoteGo } from '../parse/quote.ts'
import {
  GoComplex,
  GoFunction,
  GoInt,
  goObject,
  isGoObject,
  isList,
  isMap,
  sortedKeys,
  typeName,
  type GoObject,
  type GoValue,
} from '../value/go-value.ts'
import { formatFloat } from './float.ts'
import { formatHexFloat } from './hex-float.ts'
import { printPlain, printSyntax } from './print.ts'

interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
  /** %#v: Go syntax. */
  syntax: boolean
}

/** fmt.Sprintf, with Go's complaints about bad verbs, missing and extra operands in the text. */
export function sprintf(format: string, args: readonly GoValue[]): string {
  return new Formatter(format, args).run()
}

class Formatter {
  readonly #format: string
  readonly #args: readonly GoValue[]
  #at = 0
  #arg = 0
  #everReordered = false
  #goodIndex = true
  /** Whether what was read last is an index like [3]. */
  #afterIndex = false

  constructor(format: string, args: readonly GoValue[]) {
    this.#format = format
    this.#args = args
  }

  run(): string {
    let out = ''
    while (this.#at < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#at)
      if (percent < 0) {
        out += this.#format.slice(this.#at)
        break
      }
      out += this.#format.slice(this.#at, percent)
      this.#at = percent + 1
      out += this.#directive()
    }
    if (!this.#everReordered && this.#arg < this.#args.length) out += this.#extra()
    return out
  }

  #extra(): string {
    const extras = this.#args
      .slice(this.#arg)
      .map((arg) => (arg === null || arg === undefined ? '<nil>' : `${typeName(arg)}=${printPlain(arg)}`))
    return `%!(EXTRA ${extras.join(', ')})`
  }

  #directive(): string {
    const flags = this.#flags()
    this.#goodIndex = true
    this.#index()
    const complaints = this.#star(flags) + this.#precision(flags)
    if (!this.#afterIndex) this.#index()
    if (this.#at >= this.#format.length) return `${complaints}%!(NOVERB)`
    const verb = String.fromCodePoint(this.#format.codePointAt(this.#at) ?? 0)
    this.#at += verb.length
    return complaints + this.#verb(verb, flags)
  }

  #verb(verb: string, flags: Flags): string {
    if (verb === '%') return '%'
    if (!this.#goodIndex) return `%!${verb}(BADINDEX)`
    if (this.#arg >= this.#args.length) return `%!${verb}(MISSING)`
    const arg = this.#args[this.#arg]
    this.#arg += 1
    // With %v, plus and sharp ask for other forms of structs and of everything, not for signs and prefixes.
    if (verb !== 'v' && verb !== 'w') return formatArg(arg, verb, flags)
    const own = { ...flags, plus: false, sharp: false, syntax: flags.sharp }
    // Only Errorf wraps.
    return verb === 'v' ? formatArg(arg, verb, own) : badVerb(arg, verb, own)
  }

  #flags(): Flags {
    const flags: Flags = {
      plus: false,
      minus: false,
      sharp: false,
      space: false,
      zero: false,
      width: undefined,
      precision: undefined,
      syntax: false,
    }
    for (; ; this.#at += 1) {
      const char = this.#format.charAt(this.#at)
      if (char === '+') flags.plus = true
      else if (char === '-') flags.minus = true
      else if (char === '#') flags.sharp = true
      else if (char === ' ') flags.space = true
      else if (char === '0') flags.zero = true
      else break
    }
    if (flags.minus) flags.zero = false
    return flags
  }

  /** An explicit operand index: `[2]`. */
  #index(): void {
    this.#afterIndex = false
    if (this.#format.charAt(this.#at) !== '[') return
    this.#everReordered = true
    const close = this.#format.indexOf(']', this.#at + 1)
    const text = close < 0 ? '' : this.#format.slice(this.#at + 1, close)
    this.#at = close < 0 ? this.#at + 1 : close + 1
    this.#afterIndex = /^\d+$/.test(text) && Number(text) <= tooLarge
    const index = this.#afterIndex ? Number(text) - 1 : -1
    if (index >= 0 && index < this.#args.length) this.#arg = index
    else this.#goodIndex = false
  }

  #star(flags: Flags): string {
    if (this.#format.charAt(this.#at) !== '*') {
      const width = this.#digits()
      if (width === undefined) return ''
      flags.width = width
      if (this.#afterIndex) this.#goodIndex = false
      return ''
    }
    this.#at += 1
    this.#afterIndex = false
    const width = this.#takeInt()
    if (width === undefined) return '%!(BADWIDTH)'
    flags.minus ||= width < 0
    flags.width = Math.abs(width)
    if (flags.minus) flags.zero = false
    return ''
  }

  #precision(flags: Flags): string {
    if (this.#format.charAt(this.#at) !== '.' || this.#at + 1 >= this.#format.length) return ''
    this.#at += 1
    if (this.#afterIndex) this.#goodIndex = false
    this.#index()
    if (this.#format.charAt(this.#at) !== '*') {
      flags.precision = this.#digits() ?? 0
      return ''
    }
    this.#at += 1
    this.#afterIndex = false
    const precision = this.#takeInt()
    if (precision === undefined || precision < 0) return '%!(BADPREC)'
    flags.precision = precision
    return ''
  }

  /** A number in the format; one that is too large ends the format. */
  #digits(): number | undefined {
    const digits = /^\d*/.exec(this.#format.slice(this.#at, this.#at + 400))?.[0] ?? ''
    this.#at += digits.length
    if (digits === '') return undefined
    if (Number(digits.slice(0, -1)) <= tooLarge) return Number(digits)
    this.#at = this.#format.length
    return undefined
  }

  #takeInt(): number | undefined {
    if (this.#arg >= this.#args.length) return undefined
    const arg = this.#args[this.#arg]
    this.#arg += 1
    const value = arg instanceof GoInt ? Number(arg.value) : undefined
    return value !== undefined && Math.abs(value) <= tooLarge ? value : undefined
  }
}

/** Widths and precisions beyond are taken for mistakes. */
const tooLarge = 1_000_000

function formatArg(arg: GoValue, verb: string, flags: Flags): string {
  if (arg === undefined || arg === null)
    return verb === 'T' || verb === 'v' ? pad('<nil>', flags) : badVerb(arg, verb, flags)
  if (verb === 'T') return formatText(typeName(arg), 's', flags)
  if (verb === 'p' || arg instanceof GoFunction) return badVerb(arg, verb, flags)
  return formatScalar(arg, verb, flags) ?? formatContainer(arg, verb, flags)
}

function formatScalar(arg: GoValue, verb: string, flags: Flags): string | undefined {
  if (typeof arg === 'boolean')
    return verb === 't' || verb === 'v' ? pad(String(arg), flags) : badVerb(arg, verb, flags)
  if (typeof arg === 'string') return formatText(arg, verb, flags)
  if (typeof arg === 'number') return formatNumber(arg, verb, flags)
  if (arg instanceof GoInt) return formatInt(arg, verb, flags)
  return arg instanceof GoComplex ? formatComplex(arg, verb, flags) : undefined
}

function formatContainer(arg: GoValue, verb: string, flags: Flags): string {
  if (isGoObject(arg)) return formatObject(arg, verb, flags)
  if (flags.syntax) return pad(printSyntax(arg), flags)
  if (isList(arg)) {
    const isBytes = typeName(arg) === '[]uint8' && 'sqxX'.includes(verb)
    return isBytes
      ? formatText(listToText(arg), verb, flags)
      : `[${arg.map((item) => formatElement(item, verb, flags)).join(' ')}]`
  }
  if (!isMap(arg)) return badVerb(arg, verb, flags)
  const entries = sortedKeys(arg).map(
    (key) => `${formatElement(key, verb, flags)}:${formatElement(arg[key], verb, flags)}`,
  )
  return `map[${entries.join(' ')}]`
}

function formatObject(arg: GoValue, verb: string, flags: Flags): string {
  if (!isGoObject(arg)) return ''
  const shape = arg[goObject]
  if (flags.syntax && verb === 'v') {
    if (shape.syntax !== undefined) return pad(shape.syntax(), flags)
    if (shape.underlying instanceof GoInt) return formatInt(shape.underlying, verb, flags)
  }
  if (shape.print !== undefined && 'vsqxX'.includes(verb))
    return verb === 'v' ? pad(shape.print(), flags) : formatText(shape.print(), verb, flags)
  if (shape.underlying !== undefined) return formatArg(shape.underlying, verb, flags)
  return shape.fields === undefined ? badVerb(arg, verb, flags) : formatStruct(arg, verb, flags)
}

/** A struct by its fields, with their names where `+` asks for them. */
function formatStruct(arg: GoObject, verb: string, flags: Flags): string {
  const { fields = {}, kind } = arg[goObject]
  const parts = Object.entries(fields).map(([name, value]) => {
    const inner = isGoObject(value) ? (value[goObject].boxed ?? value) : value
    return `${flags.plus && verb === 'v' ? `${name}:` : ''}${formatElement(inner, verb, flags)}`
  })
  return `${kind === 'ptr' ? '&' : ''}{${parts.join(' ')}}`
}

function formatElement(value: GoValue, verb: string, flags: Flags): string {
  if (value === undefined || value === null) return flags.syntax ? 'interface {}(nil)' : '<nil>'
  // A pointer within something else is an address, which texts and the like are not made of.
  const isPointer = isGoObject(value) && value[goObject].kind === 'ptr' && value[goObject].print === undefined
  if (isPointer && 'sqteEfFgGcU'.includes(verb)) return badVerb(value, verb, flags)
  return formatArg(value, verb, flags)
}

function listToText(list: readonly GoValue[]): string {
  return bytesToText(Uint8Array.from(list, (item) => (item instanceof GoInt ? Number(item.value) : 0)))
}

function badVerb(arg: GoValue, verb: string, flags: Flags): string {
  if (arg === undefined || arg === null) return `%!${verb}(<nil>)`
  return `%!${verb}(${typeName(arg)}=${formatArg(arg, 'v', flags)})`
}

function pad(text: string, flags: Flags): string {
  const missing = (flags.width ?? 0) - Array.from(text).length
  if (missing <= 0) return text
  if (flags.minus) return text + ' '.repeat(missing)
  return (flags.zero ? '0' : ' ').repeat(missing) + text
}

function formatText(text: string, verb: string, flags: Flags): string {
  const cut = flags.precision === undefined ? text : Array.from(text).slice(0, flags.precision).join('')
  switch (verb) {
    case 'v':
      return pad(flags.syntax ? quoteText(cut, flags) : cut, flags)
    case 's':
      return pad(cut, flags)
    case 'q':
      return pad(quoteText(cut, flags), flags)
    case 'x':
    case 'X':
      return pad(hexText(text, verb, flags), flags)
    default:
      return badVerb(text, verb, flags)
  }
}

/** Go's strconv.CanBackquote. */
function canBackquote(text: string): boolean {
  // oxlint-disable-next-line eslint/no-control-regex -- control characters are what the rule is about
  return !/[`\u0000-\u0008\u000a-\u001f\u007f\ufeff]/.test(text)
}

function quoteText(text: string, flags: Flags): string {
  if (flags.sharp && canBackquote(text)) return `\`${text}\``
  return quoteGo(text, { ascii: flags.plus })
}

function hexText(text: string, verb: string, flags: Flags): string {
  const bytes = [...textToBytes(text)].slice(0, flags.precision)
  const prefix = flags.sharp && bytes.length > 0 ? `0${verb}` : ''
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0'))
  const joined = flags.space
    ? digits.map((digit, index) => (index > 0 ? prefix : '') + digit).join(' ')
    : digits.join('')
  return prefix + (verb === 'X' ? joined.toUpperCase().replaceAll('0X', '0X') : joined)
}

function formatNumber(value: number, verb: string, flags: Flags): string {
  switch (verb) {
    case 'v':
      return formatFloatAs(value, { verb: 'g', precision: -1 }, flags)
    case 'g':
    case 'G':
      return formatFloatAs(value, { verb, precision: -1 }, flags)
    case 'e':
    case 'E':
      return formatFloatAs(value, { verb, precision: 6 }, flags)
    case 'f':
    case 'F':
      return formatFloatAs(value, { verb: 'f', precision: 6 }, flags)
    case 'b':
      return padNumber(formatFloat(value, 'b', -1), flags)
    case 'x':
    case 'X':
      return padNumber(formatHexFloat(value, { verb, precision: flags.precision, sharp: flags.sharp }), flags)
    default:
      return badVerb(value, verb, flags)
  }
}

function formatFloatAs(
  value: number,
  { verb, precision }: { readonly verb: 'e' | 'E' | 'f' | 'g' | 'G'; readonly precision: number },
  flags: Flags,
): string {
  const digits = flags.precision ?? precision
  const text = formatFloat(value, verb, digits)
  return padNumber(flags.sharp && Number.isFinite(value) ? withPoint(text, verb, digits) : text, flags)
}

/** `#` asks for a point, and for %g for all digits of the precision. */
function withPoint(text: string, verb: string, precision: number): string {
  const [, sign = '', number = '', exponent = ''] = /^([+-]?)([\d.]*)(.*)$/.exec(text) ?? []
  const hasPoint = number.includes('.')
  let missing = verb === 'g' || verb === 'G' ? (precision === -1 ? 6 : precision) : 0
  missing -= number.replace('.', '').replace(/^0+/, '').length
  if (!hasPoint && number === '0') missing -= 1
  return `${sign}${number}${hasPoint ? '' : '.'}${'0'.repeat(Math.max(0, missing))}${exponent}`
}

/** A sign in front, then zeros or blanks; infinities and NaN take no zeros. */
function padNumber(text: string, flags: Flags): string {
  const bare = text.replace(/^[+-]/, '')
  const isFinite = /^\d/.test(bare)
  const sign = text.startsWith('-')
    ? '-'
    : flags.plus || (text.startsWith('+') && flags.plus)
      ? '+'
      : flags.space
        ? ' '
        : isFinite || bare === 'NaN'
          ? ''
          : '+'
  if (flags.zero && isFinite && flags.width !== undefined) return sign + bare.padStart(flags.width - sign.length, '0')
  return pad(sign + bare, { ...flags, zero: false })
}

/** Each part has the width for itself. */
function formatComplex(value: GoComplex, verb: string, flags: Flags): string {
  if (!'vbgGfFeExX'.includes(verb)) return badVerb(value, verb, flags)
  return `(${formatNumber(value.re, verb, flags)}${formatNumber(value.im, verb, { ...flags, plus: true })}i)`
}

const bases: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, d: 10, v: 10, x: 16, X: 16 }

function formatInt(arg: GoInt, verb: string, flags: Flags): string {
  const base = bases[verb]
  if (flags.syntax && arg.type.startsWith('u')) return formatInt(arg, 'x', { ...flags, syntax: false, sharp: true })
  if (base !== undefined) return padInt(arg.value, { verb, base, flags })
  const code = arg.value >= 0n && arg.value <= 0x10ffffn ? Number(arg.value) : 0xfffd
  switch (verb) {
    case 'c':
      return pad(String.fromCodePoint(code), flags)
    case 'q':
      return pad(quoteGo(String.fromCodePoint(code), { ascii: flags.plus, quote: "'" }), flags)
    case 'U':
      return pad(formatUnicode(arg.value, flags), { ...flags, zero: false })
    default:
      return badVerb(arg, verb, flags)
  }
}

function formatUnicode(value: bigint, flags: Flags): string {
  const hex = BigInt.asUintN(64, value)
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(4, flags.precision ?? 0), '0')
  const rune = value <= 0x10ffffn && value >= 0n ? String.fromCodePoint(Number(value)) : '\ufffd'
  return `U+${hex}${flags.sharp && isPrintable(rune) ? ` '${rune}'` : ''}`
}

function padInt(value: bigint, how: { readonly verb: string; readonly base: number; readonly flags: Flags }): string {
  const { verb, base, flags } = how
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  const magnitude = value < 0n ? -value : value
  if (flags.precision === 0 && value === 0n) return pad('', { ...flags, zero: false })
  let digits = magnitude.toString(base)
  if (verb === 'X') digits = digits.toUpperCase()
  if (flags.precision !== undefined) digits = digits.padStart(flags.precision, '0')
  else if (flags.zero && flags.width !== undefined) digits = digits.padStart(flags.width - sign.length, '0')
  return pad(sign + basePrefix(verb, digits, flags) + digits, { ...flags, zero: false })
}

function basePrefix(verb: string, digits: string, flags: Flags): string {
  if (verb === 'O') return flags.sharp && !digits.startsWith('0') ? '0o0' : '0o'
  if (!flags.sharp) return ''
  if (verb === 'b') return '0b'
  if (verb === 'o') return digits.startsWith('0') ? '' : '0'
  return verb === 'x' || verb === 'X' ? `0${verb}` : ''
}
