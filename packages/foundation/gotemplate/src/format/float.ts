/** Digits that JavaScript gives at most, which are exact. */
const maxDigits = 100

/**
 * A float64 as Go's strconv.FormatFloat writes it. `precision` -1 asks for the shortest text that reads back the same.
 */
export function formatFloat(value: number, verb: 'e' | 'E' | 'f' | 'g' | 'G' | 'b', precision: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const magnitude = Math.abs(value)
  switch (verb) {
    case 'e':
    case 'E':
      return sign + exponential(magnitude, precision, verb)
    case 'f':
      return sign + fixed(magnitude, precision)
    case 'b':
      return sign + binary(magnitude)
    default:
      return sign + general(magnitude, precision, verb === 'g' ? 'e' : 'E')
  }
}

function exponential(value: number, precision: number, letter: string): string {
  const text = precision < 0 ? value.toExponential() : roundedExponential(value, precision)
  const [mantissa = '', exponent = '0'] = text.split('e')
  const power = Number(exponent)
  return `${mantissa}${letter}${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function fixed(value: number, precision: number): string {
  if (precision < 0) return shortestFixed(value)
  if (value < 1e21) return roundedFixed(value, precision)
  const whole = BigInt(value).toString()
  return precision === 0 ? whole : `${whole}.${'0'.repeat(precision)}`
}

/** JavaScript rounds a tie up where Go takes the even neighbour. */
function roundedExponential(value: number, precision: number): string {
  const digits = Math.min(precision, maxDigits)
  const text = value.toExponential(digits)
  const [mantissa = '', exponent = ''] = value.toExponential(maxDigits).split('e')
  const exact = mantissa.replace('.', '')
  if (!isTieToEven(exact, digits + 1)) return text
  const kept = exact.slice(0, digits + 1)
  return `${kept.charAt(0)}${digits > 0 ? '.' : ''}${kept.slice(1)}e${exponent}`
}

function roundedFixed(value: number, precision: number): string {
  const digits = Math.min(precision, maxDigits)
  const text = value.toFixed(digits)
  if (digits === maxDigits) return text
  const exact = value.toFixed(maxDigits)
  const cut = exact.indexOf('.') + 1 + digits
  if (!isTieToEven(exact.replace('.', ''), cut - 1)) return text
  return digits === 0 ? exact.slice(0, cut - 1) : exact.slice(0, cut)
}

/** Whether what follows the kept digits is exactly one half and the last of them is even. */
function isTieToEven(digits: string, kept: number): boolean {
  return /^50*$/.test(digits.slice(kept)) && '02468'.includes(digits.charAt(kept - 1))
}

function shortestFixed(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const point = Number(exponent) + 1
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`.replace(/\.$/, '')
  if (digits.length <= point) return digits.padEnd(point, '0')
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** %g: exponent form when the exponent is below -4 or not below the precision; 6 decides for the shortest form. */
function general(value: number, precision: number, letter: string): string {
  const shortest = precision < 0
  const wanted = precision === 0 ? 1 : precision
  const text = shortest ? value.toExponential() : roundedExponential(value, wanted - 1)
  const [mantissa = '', exponentText = '0'] = text.split('e')
  const exponent = Number(exponentText)
  const digits = mantissa.replace('.', '').replace(/0+$/, '') || '0'
  const limit = shortest ? 6 : wanted > digits.length && digits.length >= exponent + 1 ? digits.length : wanted
  if (exponent >= -4 && exponent < Math.max(limit, shortest ? 6 : 1)) return placePoint(digits, exponent)
  const [first = '0', ...rest] = digits
  return `${first}${rest.length === 0 ? '' : `.${rest.join('')}`}${letter}${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function placePoint(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return digits.padEnd(exponent + 1, '0')
  return `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

function binary(value: number): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const mantissa = bits & 0xfffffffffffffn
  const power = (exponent === 0 ? 1 : exponent) - 1075
  return `${exponent === 0 ? mantissa : mantissa | (1n << 52n)}p${power < 0 ? '-' : '+'}${Math.abs(power)}`
}
