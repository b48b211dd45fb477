import { quoteGo } from '../parse/quote.ts'
import {
  GoComplex,
  GoFunction,
  GoInt,
  goObject,
  isGoObject,
  isList,
  sortedKeys,
  typeName,
  type GoValue,
} from '../value/go-value.ts'
import { formatFloat } from './float.ts'

/** fmt.Sprint: operands side by side, a blank between two when neither is a string. */
export function sprint(args: readonly GoValue[]): string {
  return args
    .map((arg, index) => {
      const before = args[index - 1]
      const blank = index > 0 && typeof arg !== 'string' && typeof before !== 'string' ? ' ' : ''
      return blank + printPlain(arg)
    })
    .join('')
}

/** fmt.Sprintln: blanks between all operands, a newline at the end. */
export function sprintln(args: readonly GoValue[]): string {
  return `${args.map(printPlain).join(' ')}\n`
}

/** %v of a value. */
export function printPlain(value: GoValue): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return formatFloat(value, 'g', -1)
  if (value instanceof GoInt) return value.value.toString()
  if (value instanceof GoComplex) return printComplex(value)
  if (value instanceof GoFunction) return '0x0'
  if (isGoObject(value)) {
    const shape = value[goObject]
    if (shape.print !== undefined) return shape.print()
    if (shape.underlying !== undefined) return printPlain(shape.underlying)
    const fields = Object.values(shape.fields ?? {})
    return `${shape.kind === 'ptr' ? '&' : ''}{${fields.map((field) => printPlain(boxed(field))).join(' ')}}`
  }
  if (isList(value)) return `[${value.map(printPlain).join(' ')}]`
  return `map[${sortedKeys(value)
    .map((key) => `${key}:${printPlain(value[key])}`)
    .join(' ')}]`
}

/** As templates print a value: what a pointer leads to. */
export function printIndirect(value: GoValue): string {
  const text = printPlain(value)
  return isGoObject(value) && value[goObject].kind === 'ptr' && text.startsWith('&{') ? text.slice(1) : text
}

/** Inside a struct a value is not addressed, so the methods of its pointer are not called. */
function boxed(value: GoValue): GoValue {
  return isGoObject(value) ? (value[goObject].boxed ?? value) : value
}

/** %+v differs from %v only inside structs, which print themselves. */
export function printComplex(value: GoComplex): string {
  const imaginary = formatFloat(value.im, 'g', -1)
  return `(${formatFloat(value.re, 'g', -1)}${/^[+-]/.test(imaginary) ? '' : '+'}${imaginary}i)`
}

/** %#v: Go syntax. */
export function printSyntax(value: GoValue): string {
  if (value === undefined || value === null) return '<nil>'
  if (typeof value === 'string') return quoteGo(value)
  if (typeof value === 'number') return formatFloatSyntax(value)
  if (value instanceof GoInt)
    return value.type.startsWith('u') ? `0x${value.value.toString(16)}` : value.value.toString()
  if (typeof value === 'boolean' || value instanceof GoComplex || value instanceof GoFunction || isGoObject(value))
    return printPlain(value)
  if (isList(value)) return `${typeName(value)}{${value.map(printElement).join(', ')}}`
  return `${typeName(value)}{${sortedKeys(value)
    .map((key) => `${quoteGo(key)}:${printElement(value[key])}`)
    .join(', ')}}`
}

/** Inside a container of interface {} a nil is typed. */
function printElement(value: GoValue): string {
  return value === undefined || value === null ? 'interface {}(nil)' : printSyntax(value)
}

function formatFloatSyntax(value: number): string {
  return formatFloat(value, 'g', -1)
}
