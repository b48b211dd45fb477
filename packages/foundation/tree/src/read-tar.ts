/** One entry of a tar archive. */
export interface TarEntry {
  /** As written, by a long name of pax or GNU where there is one. */
  readonly name: string
  /** The type flag: `0`, `7` or NUL for a file, `5` for a directory, others for links and devices. */
  readonly type: string
  readonly mode: number
  readonly bytes: Uint8Array
}

/** How strictly an archive is read, and the error that its reader wants for one that is broken. */
export interface TarRules {
  /** Whether a header whose checksum is wrong breaks the archive. */
  readonly checksums: 'checked' | 'ignored'
  broken(how: 'header' | 'cut short'): Error
}

const block = 512

/**
 * The entries of an unpacked tar archive in the ustar, pax and GNU formats, without its extended headers. Contents are
 * views of the archive. Throws what `broken` makes for a header that is none and for an archive that is cut short.
 */
export function* tarEntries(tar: Uint8Array, rules: TarRules): Generator<TarEntry> {
  let longName: string | undefined
  for (const { raw, type, bytes } of tarBlocks(tar, rules)) {
    if (type === 'x') longName = paxPath(bytes) ?? longName
    else if (type === 'L') longName = textField(bytes, 0, bytes.length)
    else if (type !== 'g' && type !== 'K') {
      yield { name: longName ?? headerName(raw), type, mode: numberField(raw, modeField, rules), bytes }
      longName = undefined
    }
  }
}

interface TarBlock {
  readonly raw: Uint8Array
  readonly type: string
  readonly bytes: Uint8Array
}

function* tarBlocks(tar: Uint8Array, rules: TarRules): Generator<TarBlock> {
  let at = 0
  while (at + block <= tar.length) {
    const raw = tar.subarray(at, at + block)
    if (raw.every((byte) => byte === 0)) return
    if (rules.checksums === 'checked') check(raw, rules)
    const size = numberField(raw, sizeField, rules)
    const start = at + block
    if (start + size > tar.length) throw rules.broken('cut short')
    yield { raw, type: String.fromCharCode(raw[156] ?? 0), bytes: tar.subarray(start, start + size) }
    at = start + Math.ceil(size / block) * block
  }
}

function check(header: Uint8Array, rules: TarRules): void {
  // The checksum's own field counts as blanks.
  let sum = 8 * 0x20
  for (let at = 0; at < block; at += 1) if (at < 148 || at >= 156) sum += header[at] ?? 0
  if (sum !== numberField(header, sumField, rules)) throw rules.broken('header')
}

function headerName(header: Uint8Array): string {
  const name = textField(header, 0, 100)
  // GNU's own format says `ustar` with blanks, and has other things in the prefix.
  const isPosix = textField(header, 257, 6) === 'ustar'
  const prefix = isPosix ? textField(header, 345, 155) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function textField(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length)
  const end = field.indexOf(0)
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end))
}

interface NumberField {
  readonly from: number
  readonly length: number
}

const modeField: NumberField = { from: 100, length: 8 }
const sizeField: NumberField = { from: 124, length: 12 }
const sumField: NumberField = { from: 148, length: 8 }

/** Octal text, or base 256 when the first bit is set. */
function numberField(bytes: Uint8Array, { from, length }: NumberField, rules: TarRules): number {
  if (((bytes[from] ?? 0) & 0x80) === 0) {
    const text = textField(bytes, from, length).trim()
    if (text !== '' && !/^[0-7]+$/.test(text)) throw rules.broken('header')
    return text === '' ? 0 : Number.parseInt(text, 8)
  }
  let value = (bytes[from] ?? 0) & 0x7f
  for (let at = from + 1; at < from + length; at += 1) value = value * 256 + (bytes[at] ?? 0)
  if (!Number.isSafeInteger(value)) throw rules.broken('header')
  return value
}

/** The `path` record of a pax header. */
function paxPath(bytes: Uint8Array): string | undefined {
  let at = 0
  let path: string | undefined
  while (at < bytes.length) {
    const blank = bytes.indexOf(0x20, at)
    const length = blank < 0 ? Number.NaN : Number(textField(bytes, at, blank - at))
    // What does not lead on would be read for ever.
    if (!Number.isInteger(length) || length <= blank - at) return path
    const record = new TextDecoder().decode(bytes.subarray(blank + 1, at + length - 1))
    if (record.startsWith('path=')) path = record.slice('path='.length)
    at += length
  }
  return path
}
