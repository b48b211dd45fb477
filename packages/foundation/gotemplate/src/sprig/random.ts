import { FunctionError } from '../exec/function-error.ts'
import { int, type GoFunction } from '../value/go-value.ts'
import type { SprigHost } from './host.ts'
import { fixed, number, text } from './signature.ts'

const digits = '0123456789'
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')

/** sprig's random functions, on the host's random bytes. */
export function randomFunctions(host: SprigHost): Readonly<Record<string, GoFunction>> {
  const pick = (bound: number): number => {
    // Rejection keeps the choice even.
    const limit = Math.floor(2 ** 32 / bound) * bound
    for (;;) {
      const [a = 0, b = 0, c = 0, d = 0] = host.randomBytes(4)
      const value = a * 2 ** 24 + b * 65_536 + c * 256 + d
      if (value < limit) return value % bound
    }
  }
  const from = (alphabet: string) =>
    fixed(['int'], (count) =>
      Array.from({ length: Math.min(number(count), 1_000_000) }, () => alphabet.charAt(pick(alphabet.length))).join(''),
    )
  return {
    randAlphaNum: from(letters + digits),
    randAlpha: from(letters),
    randNumeric: from(digits),
    randAscii: from(printable),
    randBytes: fixed(['int'], (count) =>
      btoa(Array.from(host.randomBytes(number(count)), (byte) => String.fromCharCode(byte)).join('')),
    ),
    randInt: fixed(['int', 'int'], (low, high) => {
      if (number(high) <= number(low)) throw new FunctionError('invalid argument to Intn')
      return int(number(low) + pick(number(high) - number(low)))
    }),
    shuffle: fixed(['string'], (value) => shuffle(text(value), pick)),
    uuidv4: fixed([], () => uuid(host.randomBytes(16))),
  }
}

function shuffle(value: string, pick: (bound: number) => number): string {
  const runes = Array.from(value)
  for (let at = runes.length - 1; at > 0; at -= 1) {
    const other = pick(at + 1)
    const [a = '', b = ''] = [runes[at], runes[other]]
    runes[at] = b
    runes[other] = a
  }
  return runes.join('')
}

function uuid(random: Uint8Array): string {
  const bytes = Uint8Array.from(random)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
