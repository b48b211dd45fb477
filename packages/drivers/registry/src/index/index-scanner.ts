/** Where the versions of one chart stand in an index, in bytes; the first line is the chart's name. */
export interface EntrySpan {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** An index taken apart without parsing it. */
export interface ScannedIndex {
  readonly bytes: Uint8Array
  /** Undefined when the text is not laid out as Helm lays it out; it must then be parsed as a whole. */
  readonly spans: readonly EntrySpan[] | undefined
  readonly apiVersion: string
}

const newline = 0x0a
const blank = 0x20
/** Blanks that charts' names are looked for behind. */
const maxIndent = 16

/**
 * Finds the charts of an index by their indentation as its bytes arrive, so that no step takes longer than one chunk
 * and nothing but the bytes is kept.
 */
export class IndexScanner {
  readonly #limit: number
  #bytes: Buffer
  #length = 0
  /** Where the line begins that is read, and up to where its end was looked for. */
  #line = 0
  #sought = 0
  #inEntries = false
  /** Blanks in front of the charts' names; undefined before the first. */
  #indent: number | undefined
  #isPlain = true
  #apiVersion = ''
  readonly #starts: { readonly name: string; readonly start: number }[] = []
  #end = 0

  /** `expected` bytes need no growing; it is what somebody says and may be wrong. */
  constructor(limit: number, expected = 0) {
    this.#limit = limit
    this.#bytes = Buffer.allocUnsafe(Math.min(limit, Math.max(expected, 1 << 20)))
  }

  /** Takes bytes in; false when there are more than the limit. */
  push(chunk: Uint8Array): boolean {
    if (this.#length + chunk.length > this.#limit) return false
    this.#reserve(chunk.length)
    this.#bytes.set(chunk, this.#length)
    this.#length += chunk.length
    if (this.#isPlain) this.#scan()
    return true
  }

  finish(): ScannedIndex {
    if (this.#isPlain && this.#line < this.#length) this.#readLine(this.#line, this.#length)
    const bytes = this.#bytes.subarray(0, this.#length)
    if (!this.#isPlain || this.#starts.length === 0) return { bytes, spans: undefined, apiVersion: this.#apiVersion }
    const last = this.#inEntries ? this.#length : this.#end
    const spans = this.#starts.map(({ name, start }, at) => ({ name, start, end: this.#starts[at + 1]?.start ?? last }))
    return { bytes, spans, apiVersion: this.#apiVersion }
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const size = Math.min(this.#limit, Math.max(this.#bytes.length * 2, this.#length + more))
    const larger = Buffer.allocUnsafe(size)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }

  #scan(): void {
    const bytes = this.#bytes.subarray(0, this.#length)
    for (;;) {
      const end = this.#isPlain ? bytes.indexOf(newline, this.#sought) : -1
      if (end < 0) break
      // Most lines belong to a version.
      if (!this.#isInside(this.#line)) this.#readLine(this.#line, end)
      this.#line = end + 1
      this.#sought = this.#line
    }
    // A line without an end is not looked through again with every chunk.
    this.#sought = this.#length
  }

  /** Whether a line is indented deeper than the charts' names. */
  #isInside(start: number): boolean {
    const indent = this.#indent
    if (indent === undefined || !this.#inEntries) return false
    const bytes = this.#bytes
    for (let at = start + indent; at >= start; at -= 1) if (bytes[at] !== blank) return false
    return true
  }

  /** Looks only at lines that are indented no deeper than the charts' names; all others belong to a version. */
  #readLine(start: number, end: number): void {
    const bytes = this.#bytes
    if (end === start) return
    if (bytes[start] !== blank) {
      this.#readTop(bytes.toString('utf8', start, end).trimEnd(), start)
      return
    }
    if (!this.#inEntries) return
    let at = start
    const deepest = start + (this.#indent ?? maxIndent)
    while (at < end && at <= deepest && bytes[at] === blank) at += 1
    if (at === end || at > deepest) return
    this.#indent ??= at - start
    if (at - start < this.#indent) this.#isPlain = false
    else this.#readEntry(bytes.toString('utf8', at, end).trimEnd(), start)
  }

  #readTop(line: string, start: number): void {
    if (line.startsWith('#') || line === '---') return
    const [, key, value] = /^([A-Za-z]+):(?: +(.*))?$/.exec(line) ?? []
    if (key === undefined) {
      // A sequence may stand at its key's own column, but never directly below `entries`.
      if (this.#inEntries || !line.startsWith('- ')) this.#isPlain = false
      return
    }
    if (this.#inEntries) this.#end = start
    this.#inEntries = key === 'entries'
    if (this.#inEntries && (value !== undefined || this.#starts.length > 0)) this.#isPlain = false
    if (key === 'apiVersion') this.#apiVersion = (value ?? '').replaceAll(/^["']|["']$/g, '')
  }

  #readEntry(text: string, start: number): void {
    if (text.startsWith('- ') || text.startsWith('#')) return
    const [, , name] = /^(["']?)([A-Za-z0-9][A-Za-z0-9._-]*)\1:$/.exec(text) ?? []
    if (name === undefined) this.#isPlain = false
    else this.#starts.push({ name, start })
  }
}
