import { printIndirect, printPlain, sprint, sprintln } from '../format/print.ts'
import { sprintf } from '../format/sprintf.ts'
import {
  GoComplex,
  GoFunction,
  GoInt,
  goObject,
  isGoObject,
  isList,
  isMap,
  isTrue,
  kindName,
  typeName,
  typed,
  goType,
  type GoValue,
  type ParamType,
} from '../value/go-value.ts'
import { bytesToText, isEscape, textToBytes } from '../value/bytes.ts'
import { FunctionError } from './function-error.ts'

/** The functions that every Go template has. `and` and `or` are also known to the compiler, which ends them early. */
export const builtins: Readonly<Record<string, GoFunction>> = {
  and: variadic(['value'], (...args) => args.find((arg) => !isTrue(arg)) ?? args.at(-1)),
  or: variadic(['value'], (...args) => args.find((arg) => isTrue(arg)) ?? args.at(-1)),
  not: fixed(['value'], (arg) => !isTrue(arg)),
  call: new GoFunction({ params: ['any', 'value', 'value'], variadic: true }, (name, fun, ...args) =>
    callValue(textOf(name), fun, args),
  ),
  index: variadic(['value'], (item, ...indexes) => index(item, indexes)),
  slice: variadic(['value'], (item, ...indexes) => slice(item, indexes)),
  len: fixed(['value'], (item) => length(item)),
  print: variadic([], (...args) => sprint(args)),
  println: variadic([], (...args) => sprintln(args)),
  printf: new GoFunction({ params: ['string', 'any'], variadic: true }, (format, ...args) =>
    sprintf(textOf(format), args),
  ),
  html: variadic([], (...args) => escapeHtml(evalArgs(args))),
  js: variadic([], (...args) => escapeJs(evalArgs(args))),
  urlquery: variadic([], (...args) => escapeQuery(evalArgs(args))),
  eq: variadic(['value'], (first, ...others) => equalsAny(first, others)),
  ne: fixed(['value', 'value'], (a, b) => !equalsAny(a, [b])),
  lt: fixed(['value', 'value'], (a, b) => isLess(a, b)),
  le: fixed(['value', 'value'], (a, b) => isLess(a, b) || equalsAny(a, [b])),
  gt: fixed(['value', 'value'], (a, b) => !(isLess(a, b) || equalsAny(a, [b]))),
  ge: fixed(['value', 'value'], (a, b) => !isLess(a, b)),
}

function fixed(params: readonly ParamType[], call: (...args: readonly GoValue[]) => GoValue): GoFunction {
  return new GoFunction({ params }, call)
}

function variadic(params: readonly ParamType[], call: (...args: readonly GoValue[]) => GoValue): GoFunction {
  return new GoFunction({ params: [...params, params.length > 0 ? 'value' : 'any'], variadic: true }, call)
}

function textOf(value: GoValue): string {
  return typeof value === 'string' ? value : printPlain(value)
}

function callValue(name: string, fun: GoValue, args: readonly GoValue[]): GoValue {
  if (fun === undefined || fun === null) throw new FunctionError('call of nil')
  if (!(fun instanceof GoFunction)) throw new FunctionError(`non-function ${name} of type ${typeName(fun)}`)
  return fun.call(...args)
}

function underlyingOf(item: GoValue): GoValue {
  return isGoObject(item) ? (item[goObject].underlying ?? item) : item
}

function index(item: GoValue, indexes: readonly GoValue[]): GoValue {
  let at = item
  if (at === undefined || at === null) throw new FunctionError('index of untyped nil')
  for (const key of indexes) {
    if (at === null || at === undefined) throw new FunctionError('index of nil pointer')
    at = indexOne(underlyingOf(at), key)
  }
  return at
}

function indexOne(item: GoValue, key: GoValue): GoValue {
  if (typeof item === 'string') {
    const bytes = utf8(item)
    const at = indexArg(key, bytes.length)
    if (at >= bytes.length) throw new FunctionError('reflect: string index out of range')
    return new GoInt(BigInt(bytes[at] ?? 0), 'uint8')
  }
  if (isList(item)) {
    const at = indexArg(key, item.length)
    if (at >= item.length) throw new FunctionError('reflect: slice index out of range')
    return item[at] ?? null
  }
  if (!isMap(item)) throw new FunctionError(`can't index item of type ${typeName(item).replace(/^\*/, '')}`)
  if (key === undefined || key === null) throw new FunctionError('value is nil; should be of type string')
  if (typeof key !== 'string') throw new FunctionError(`value has type ${typeName(key)}; should be string`)
  return Object.hasOwn(item, key) ? (item[key] ?? null) : zeroElement(item)
}

/** The zero value of a map's element type. */
function zeroElement(map: GoValue): GoValue {
  const element = /^map\[string\](.+)$/.exec(typeName(map))?.[1]
  return element === 'string' ? '' : element === 'bool' ? false : null
}

function indexArg(key: GoValue, cap: number): number {
  if (key === undefined || key === null) throw new FunctionError('cannot index slice/array with nil')
  if (!(key instanceof GoInt)) throw new FunctionError(`cannot index slice/array with type ${typeName(key)}`)
  if (key.value < 0n || key.value > BigInt(cap)) throw new FunctionError(`index out of range: ${key.value}`)
  return Number(key.value)
}

function slice(value: GoValue, indexes: readonly GoValue[]): GoValue {
  const item = underlyingOf(value)
  if (item === undefined || item === null) throw new FunctionError('slice of untyped nil')
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`)
  if (typeof item === 'string') {
    if (indexes.length === 3) throw new FunctionError('cannot 3-index slice a string')
    const bytes = utf8(item)
    return bytesToText(bytes.subarray(...sliceBounds(indexes, bytes.length)))
  }
  if (!isList(item)) throw new FunctionError(`can't slice item of type ${typeName(item)}`)
  return tagLike(item.slice(...sliceBounds(indexes, item.length)), item)
}

function sliceBounds(indexes: readonly GoValue[], size: number): readonly [number, number] {
  const [from = 0, to = size, cap = size] = indexes.map((key) => indexArg(key, size))
  if (from > to) throw new FunctionError(`invalid slice index: ${from} > ${to}`)
  if (to > cap) throw new FunctionError(`invalid slice index: ${to} > ${cap}`)
  return [from, to]
}

function tagLike(list: readonly GoValue[], model: GoValue): readonly GoValue[] {
  const tag = (model as { readonly [goType]?: string })[goType]
  return tag === undefined ? list : typed([...list], tag)
}

function length(value: GoValue): GoValue {
  const item = underlyingOf(value)
  if (item === undefined) throw new FunctionError('reflect: call of reflect.Value.Type on zero Value')
  if (item === null) throw new FunctionError('len of nil pointer')
  if (typeof item === 'string') return new GoInt(BigInt(utf8(item).length), 'int')
  if (isList(item)) return new GoInt(BigInt(item.length), 'int')
  if (isMap(item)) return new GoInt(BigInt(Object.keys(item).length), 'int')
  throw new FunctionError(`len of type ${typeName(item instanceof GoInt ? value : item).replace(/^\*/, '')}`)
}

function utf8(text: string): Uint8Array {
  return textToBytes(text)
}

/** What html, js and urlquery work on: a single text as it is, anything else printed. */
export function evalArgs(args: readonly GoValue[]): string {
  const [only] = args
  if (args.length === 1 && typeof only === 'string') return only
  if (args.length === 1 && isGoObject(only)) return printIndirect(only)
  return sprint(args.map((arg) => (arg === undefined || arg === null ? '<no value>' : arg)))
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
}

/** text/template's HTMLEscapeString. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/["'&<>\0]/g, (char) => htmlEscapes[char] ?? char)
}

const jsEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
}

function escapeJs(text: string): string {
  let out = ''
  for (const rune of text) {
    const code = rune.codePointAt(0) ?? 0
    if (code < 0x20 || code === 0x7f) out += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
    else if (code < 0x80) out += jsEscapes[rune] ?? rune
    else if (isEscape(code) || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(rune)) out += rune
    else out += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  }
  return out
}

/** net/url's QueryEscape. */
export function escapeQuery(text: string): string {
  return [...utf8(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte)
      if (/[A-Za-z0-9_.~-]/.test(char)) return char
      return char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    })
    .join('')
}

// ── comparison ──

type BasicKind = 'bool' | 'complex' | 'float' | 'int' | 'string' | 'uint' | 'invalid'

function basicKind(value: GoValue): BasicKind {
  const item = isGoObject(value) && value[goObject].underlying instanceof GoInt ? value[goObject].underlying : value
  if (typeof item === 'boolean') return 'bool'
  if (typeof item === 'string') return 'string'
  if (typeof item === 'number') return 'float'
  if (item instanceof GoComplex) return 'complex'
  if (item instanceof GoInt) return item.type.startsWith('u') ? 'uint' : 'int'
  return 'invalid'
}

function intOf(value: GoValue): bigint {
  const item = underlyingOf(value)
  return item instanceof GoInt ? item.value : 0n
}

function isIntPair(a: BasicKind, b: BasicKind): boolean {
  return (a === 'int' && b === 'uint') || (a === 'uint' && b === 'int')
}

function equalsAny(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison')
  return others.some((other) => equals(first ?? undefined, other ?? undefined))
}

function isNil(value: GoValue): boolean {
  return value === undefined || value === null
}

function isIncomparable(value: GoValue): boolean {
  return ['map', 'slice', 'func'].includes(kindName(value))
}

function equals(a: GoValue, b: GoValue): boolean {
  const kindA = basicKind(a)
  const kindB = basicKind(b)
  if (kindA !== kindB) {
    if (isIntPair(kindA, kindB)) return intOf(a) === intOf(b)
    if (a !== undefined && b !== undefined)
      throw new FunctionError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`)
    return false
  }
  if (kindA === 'int' || kindA === 'uint') return intOf(a) === intOf(b)
  if (a instanceof GoComplex && b instanceof GoComplex) return a.re === b.re && a.im === b.im
  return kindA === 'invalid' ? equalOthers(a, b) : a === b
}

/** Values that are no numbers, texts or booleans: of one kind, or one of them nil; maps, lists and functions are like nothing else. */
function equalOthers(a: GoValue, b: GoValue): boolean {
  const canCompare = kindName(a) === kindName(b) || isNil(a) || isNil(b)
  if (!canCompare)
    throw new FunctionError(
      `non-comparable types ${sprintf('%s', [a])}: ${typeName(a)}, ${typeName(b)}: ${printPlain(b)}`,
    )
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b)
  if (isIncomparable(b)) throw new FunctionError(`non-comparable type ${sprintf('%s', [b])}: ${typeName(b)}`)
  return a === b
}

function isLess(a: GoValue, b: GoValue): boolean {
  const kindA = basicKind(a)
  const kindB = basicKind(b)
  if (kindA === 'invalid' || kindB === 'invalid') throw new FunctionError('invalid type for comparison')
  if (kindA !== kindB) {
    if (isIntPair(kindA, kindB)) return intOf(a) < intOf(b)
    throw new FunctionError(`incompatible types for comparison: ${typeName(a)} and ${typeName(b)}`)
  }
  if (kindA === 'bool' || kindA === 'complex') throw new FunctionError('invalid type for comparison')
  if (kindA === 'int' || kindA === 'uint') return intOf(a) < intOf(b)
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b) < 0
  return typeof a === 'number' && typeof b === 'number' && a < b
}

function compareText(a: string, b: string): number {
  const x = utf8(a)
  const y = utf8(b)
  for (let at = 0; at < Math.min(x.length, y.length); at += 1) {
    const difference = (x[at] ?? 0) - (y[at] ?? 0)
    if (difference !== 0) return difference
  }
  return x.length - y.length
}
