/** Distinguished encoding of ASN.1, as far as certificates need it. */

/** One element: its tag, its length, its content. */
export function element(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthBytes(content.length), content])
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

/** A SEQUENCE of elements. */
export function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(0x30, Buffer.concat(parts))
}

/** A SET of elements. */
export function set(...parts: readonly Uint8Array[]): Buffer {
  return element(0x31, Buffer.concat(parts))
}

/** A non-negative INTEGER from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let from = 0
  while (from < bytes.length - 1 && bytes[from] === 0) from += 1
  const significant = bytes.subarray(from)
  const needsZero = ((significant[0] ?? 0) & 0x80) !== 0
  return element(0x02, needsZero ? Buffer.concat([Buffer.from([0]), significant]) : significant)
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift(0x80 | (rest & 0x7f))
  return bytes
}

/** A UTF8String. */
export function utf8String(text: string): Buffer {
  return element(0x0c, Buffer.from(text))
}

/** A PrintableString where the text allows it, else a UTF8String, as Go chooses. */
export function directoryString(text: string): Buffer {
  return /^[A-Za-z0-9 '()+,\-./:=?*&]*$/.test(text) ? element(0x13, Buffer.from(text)) : utf8String(text)
}

/** A BIT STRING; `unused` bits at the end do not count. */
export function bitString(bytes: Uint8Array, unused = 0): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([unused]), bytes]))
}

/** An OCTET STRING. */
export function octetString(bytes: Uint8Array): Buffer {
  return element(0x04, bytes)
}

/** A BOOLEAN that is true. */
export function trueValue(): Buffer {
  return element(0x01, Buffer.from([0xff]))
}

/** An element with a context-specific tag. */
export function context(tag: number, content: Uint8Array, constructed: boolean): Buffer {
  return element((constructed ? 0xa0 : 0x80) | tag, content)
}

/** A moment: UTCTime until 2049, GeneralizedTime after. */
export function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return Number(text.slice(0, 4)) < 2050 ? element(0x17, Buffer.from(text.slice(2))) : element(0x18, Buffer.from(text))
}

/** An element inside another one. */
interface DerElement {
  /** With its tag and its length. */
  readonly whole: Buffer
  readonly content: Buffer
}

/** The elements that an element is made of. */
export function childrenOf(der: Buffer): readonly DerElement[] {
  const outer = spanOf(der, 0)
  const children: DerElement[] = []
  for (let at = outer.start; at < outer.end;) {
    const { start, end } = spanOf(der, at)
    children.push({ whole: der.subarray(at, end), content: der.subarray(start, end) })
    at = end
  }
  return children
}

/** Where the content of the element at an offset starts, and where it ends. */
export function spanOf(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der[at + 1] ?? 0
  if (first < 0x80) return { start: at + 2, end: at + 2 + first }
  const count = first & 0x7f
  const length = der.readUIntBE(at + 2, count)
  return { start: at + 2 + count, end: at + 2 + count + length }
}
