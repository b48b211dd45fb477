import { BLANK, BREAK, END, GAP, WORD, type Cursor } from './cursor.ts'
import { scannerError } from './scanner-error.ts'

/** Reads the name after `&` or `*`. */
export function scanAnchor(cursor: Cursor): string {
  const startLine = cursor.line
  cursor.pos++
  const name = readWord(cursor)
  if (name === '' || !(cursor.is(GAP) || '?:,]}%@`'.includes(cursor.text[cursor.pos] ?? ''))) {
    throw scannerError('did not find expected alphabetic or numeric character', startLine, cursor.line)
  }
  return name
}

export interface TagText {
  readonly handle: string
  readonly suffix: string
}

/** Reads a tag in any of its forms: `!<uri>`, `!suffix`, `!handle!suffix`, `!`. */
export function scanTag(cursor: Cursor): TagText {
  const startLine = cursor.line
  const tag = cursor.peek(1) === 60 ? scanVerbatim(cursor, startLine) : scanShorthand(cursor, startLine)
  if (!cursor.is(GAP)) throw scannerError('did not find expected whitespace or line break', startLine, cursor.line)
  return tag
}

function scanVerbatim(cursor: Cursor, startLine: number): TagText {
  cursor.pos += 2
  const suffix = readUri(cursor, { head: '', startLine })
  if (cursor.peek() !== 62) throw scannerError("did not find the expected '>'", startLine, cursor.line)
  cursor.pos++
  return { handle: '', suffix }
}

function scanShorthand(cursor: Cursor, startLine: number): TagText {
  const handle = readHandle(cursor)
  if (handle.length > 1 && handle.endsWith('!')) return { handle, suffix: readUri(cursor, { head: '', startLine }) }
  const suffix = readUri(cursor, { head: handle, startLine })
  return suffix === '' ? { handle: '', suffix: handle } : { handle: '!', suffix }
}

function readHandle(cursor: Cursor): string {
  const start = cursor.pos
  cursor.pos++
  readWord(cursor)
  if (cursor.peek() === 33) cursor.pos++
  return cursor.text.slice(start, cursor.pos)
}

const URI = /[A-Za-z0-9_\-;/?:@&=+$,.!~*'()[\]%]*/y

function readUri(cursor: Cursor, context: { head: string; startLine: number }): string {
  URI.lastIndex = cursor.pos
  const raw = URI.exec(cursor.text)?.[0] ?? ''
  if (raw === '' && context.head === '') {
    throw scannerError('did not find expected tag URI', context.startLine, cursor.line)
  }
  cursor.pos += raw.length
  return context.head.slice(1) + decodeUri(raw, context.startLine, cursor.line)
}

function decodeUri(raw: string, startLine: number, line: number): string {
  if (!raw.includes('%')) return raw
  if (/%(?![0-9a-fA-F]{2})/.test(raw)) throw scannerError('did not find URI escaped octet', startLine, line)
  try {
    return decodeURIComponent(raw)
  } catch {
    throw scannerError('found an incorrect leading UTF-8 octet', startLine, line)
  }
}

function readWord(cursor: Cursor): string {
  const start = cursor.pos
  while (cursor.is(WORD)) cursor.pos++
  return cursor.text.slice(start, cursor.pos)
}

export interface Directive {
  readonly kind: 'version' | 'tag-directive'
  readonly value: string
  readonly suffix: string
}

/** Reads a `%YAML` or `%TAG` line. */
export function scanDirective(cursor: Cursor): Directive {
  const startLine = cursor.line
  cursor.pos++
  const name = readWord(cursor)
  if (name === '') throw scannerError('could not find expected directive name', startLine, cursor.line)
  if (!cursor.is(GAP)) throw scannerError('found unexpected non-alphabetical character', startLine, cursor.line)
  const directive = readDirective(cursor, { name, startLine })
  while (cursor.is(BLANK)) cursor.pos++
  if (cursor.peek() === 35) while (!cursor.is(BREAK | END)) cursor.pos++
  if (!cursor.is(BREAK | END)) {
    throw scannerError('did not find expected comment or line break', startLine, cursor.line)
  }
  if (cursor.is(BREAK)) cursor.readBreak()
  return directive
}

function readDirective(cursor: Cursor, context: { name: string; startLine: number }): Directive {
  while (cursor.is(BLANK)) cursor.pos++
  if (context.name === 'YAML') return readVersion(cursor, context.startLine)
  if (context.name === 'TAG') return readTagDirective(cursor, context.startLine)
  throw scannerError('found unknown directive name', context.startLine, cursor.line)
}

function readVersion(cursor: Cursor, startLine: number): Directive {
  const found = /^(\d*)(\.?)(\d*)/.exec(cursor.text.slice(cursor.pos, cursor.pos + 16))
  const [all = '', major = '', dot = '', minor = ''] = found ?? []
  if (major.length > 2 || minor.length > 2) {
    throw scannerError('found extremely long version number', startLine, cursor.line)
  }
  if (major !== '' && dot === '') {
    throw scannerError("did not find expected digit or '.' character", startLine, cursor.line)
  }
  if (major === '' || minor === '') throw scannerError('did not find expected version number', startLine, cursor.line)
  cursor.pos += all.length
  return { kind: 'version', value: `${Number(major)}.${Number(minor)}`, suffix: '' }
}

function readTagDirective(cursor: Cursor, startLine: number): Directive {
  if (cursor.peek() !== 33) throw scannerError("did not find expected '!'", startLine, cursor.line)
  const handle = readHandle(cursor)
  if (handle !== '!' && !handle.endsWith('!')) throw scannerError("did not find expected '!'", startLine, cursor.line)
  if (!cursor.is(BLANK)) throw scannerError('did not find expected whitespace', startLine, cursor.line)
  while (cursor.is(BLANK)) cursor.pos++
  const suffix = readUri(cursor, { head: '', startLine })
  if (!cursor.is(GAP)) throw scannerError('did not find expected whitespace or line break', startLine, cursor.line)
  return { kind: 'tag-directive', value: handle, suffix }
}
