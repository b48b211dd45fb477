import { quoteGo, typeName } from '@kedge/gotemplate'
import { chartError } from '../chart/chart-error.ts'
import { fromValues } from '../functions/plain-value.ts'
import { isValueMap, newValueMap, type ValueMap } from './paths.ts'
import { scanJson } from './scan-json.ts'

/** The flags of the `--set` family; `file` has its values read by the caller. */
export type SetKind = 'value' | 'string' | 'json' | 'literal' | 'file'

/** How the values of a `--set` flag are read. */
export interface SetOptions {
  readonly kind: SetKind
  /** The text of a file, for `--set-file`. */
  readonly readFile?: (name: string) => string
}

/** Longest index of a list that `a[i]=x` may name, and deepest name. */
const maxIndex = 65_536

/** A place in a list, with all the digits it was written with. */
interface Index {
  readonly at: number
  readonly shown: string
}
const maxNesting = 30

/** Thrown when the input is at its end: the entries read so far stand. */
const endOfInput = Symbol('end of input')

/**
 * Sets values from the text of a `--set` flag, `a.b=c,list[0]=d`; the map is changed. An integer becomes a bigint, for
 * Helm keeps it an int64. Throws FailureError in Helm's words.
 */
export function setValues(values: ValueMap, text: string, options: SetOptions): void {
  new SetParser(text, options).run(values)
}

class SetParser {
  readonly #runes: readonly string[]
  readonly #options: SetOptions
  readonly #isLiteral: boolean
  #at = 0

  constructor(text: string, options: SetOptions) {
    this.#runes = Array.from(text)
    this.#options = options
    this.#isLiteral = options.kind === 'literal'
  }

  run(values: ValueMap): void {
    try {
      for (;;) this.#key(values, 0)
    } catch (error) {
      if (error !== endOfInput) throw error
    }
  }

  /** Runes up to one of the stops; `stop` is undefined at the end of input. A backslash takes the next rune as it is. */
  #until(stops: string): { readonly text: string; readonly stop: string | undefined } {
    let text = ''
    while (this.#at < this.#runes.length) {
      const rune = this.#runes[this.#at] ?? ''
      this.#at += 1
      if (stops.includes(rune)) return { text, stop: rune }
      if (rune !== '\\' || this.#isLiteral) {
        text += rune
        continue
      }
      if (this.#at >= this.#runes.length) return { text, stop: undefined }
      text += this.#runes[this.#at] ?? ''
      this.#at += 1
    }
    return { text, stop: undefined }
  }

  #key(map: ValueMap, nesting: number): void {
    const { text: key, stop } = this.#until(this.#isLiteral ? '=[.' : '=[,.')
    switch (stop) {
      case '[':
        this.#keyOfList(map, key, nesting)
        return
      case '=':
        // Nothing behind it ends the input, before the lists around it are set.
        if (this.#assign((value) => setKey(map, key, value))) throw endOfInput
        return
      case '.':
        this.#keyOfMap(map, key, nesting + 1)
        return
      case ',':
        setKey(map, key, '')
        throw chartError(`key ${quoteGo(key)} has no value (cannot end with ,)`)
      default:
        if (key === '') throw endOfInput
        throw chartError(`key ${quoteGo(key)} has no value`)
    }
  }

  #keyOfList(map: ValueMap, key: string, nesting: number): void {
    const index = this.#index()
    const present = Object.hasOwn(map, key) ? map[key] : []
    if (!Array.isArray(present)) throw wrongType(present, '[]interface {}')
    const list = [...(present as unknown[])]
    try {
      this.#item(list, index, nesting)
    } finally {
      setKey(map, key, list)
    }
  }

  #keyOfMap(map: ValueMap, key: string, nesting: number): void {
    if (nesting > maxNesting)
      throw chartError(`value name nested level is greater than maximum supported nested level of ${maxNesting}`)
    const inner = Object.hasOwn(map, key) ? map[key] : newValueMap()
    if (!isValueMap(inner)) throw wrongType(inner, 'map[string]interface {}')
    try {
      this.#key(inner, nesting)
    } finally {
      if (Object.keys(inner).length > 0) setKey(map, key, inner)
    }
    if (Object.keys(inner).length === 0) throw chartError(`key map ${quoteGo(key)} has no value`)
  }

  #index(): Index {
    const { text, stop } = this.#until(']')
    // Helm takes this end of the input for the usual one.
    if (stop === undefined) throw endOfInput
    if (!/^[+-]?\d+$/.test(text))
      throw chartError(`error parsing index: strconv.Atoi: parsing ${quoteGo(text)}: ${atoiProblem(text)}`)
    if (BigInt.asIntN(64, BigInt(text)) !== BigInt(text))
      throw chartError(`error parsing index: strconv.Atoi: parsing ${quoteGo(text)}: value out of range`)
    return { at: Number(text), shown: String(BigInt(text)) }
  }

  #item(list: unknown[], index: Index, nesting: number): void {
    if (index.at < 0) throw chartError(`negative ${index.shown} index not allowed`)
    const { text, stop } = this.#until('[.=')
    if (text !== '')
      throw chartError(`unexpected data at end of array index: [${Array.from(text, quoteRune).join(' ')}]`)
    switch (stop) {
      case '=':
        this.#assign((value) => setIndex(list, index, value))
        return
      case '[': {
        const nextIndex = this.#index()
        const present = list[index.at] ?? []
        if (!Array.isArray(present)) throw wrongType(present, '[]interface {}')
        const inner = [...(present as unknown[])]
        this.#item(inner, nextIndex, nesting)
        setIndex(list, index, inner)
        return
      }
      case '.': {
        const present = list[index.at]
        const inner = isValueMap(present) ? present : newValueMap()
        if (index.at < list.length) list[index.at] = inner
        this.#key(inner, nesting)
        setIndex(list, index, inner)
        return
      }
      default:
        throw endOfInput
    }
  }

  /** The value after `=`; true when there is none because the input is at its end. */
  #assign(set: (value: unknown) => void): boolean {
    const { kind } = this.#options
    let isEnd = false
    if (kind === 'json') {
      this.#assignJson(set)
    } else if (kind === 'literal') {
      set(this.#runes.slice(this.#at).join(''))
      this.#at = this.#runes.length
    } else if (this.#at >= this.#runes.length) {
      set('')
      isEnd = true
    } else if (this.#runes[this.#at] === '{') {
      this.#at += 1
      set(this.#list())
    } else {
      set(this.#typed(this.#until(',').text))
    }
    return isEnd
  }

  #assignJson(set: (value: unknown) => void): void {
    if (this.#skipEmpty()) {
      set(null)
      return
    }
    const rest = this.#runes.slice(this.#at).join('')
    const { value, length } = scanJson(rest)
    set(value)
    this.#at += Array.from(rest.slice(0, length)).length
    this.#skipEmpty()
  }

  /** Skips blanks and one comma; true when nothing stood before it. */
  #skipEmpty(): boolean {
    for (; this.#at < this.#runes.length; this.#at += 1) {
      const rune = this.#runes[this.#at] ?? ''
      if (rune === ',') {
        this.#at += 1
        return true
      }
      if (!/\s/.test(rune)) return false
    }
    return true
  }

  #list(): readonly unknown[] {
    const list: unknown[] = []
    for (;;) {
      const { text, stop } = this.#until(',}')
      if (stop === undefined) throw chartError("list must terminate with '}'")
      list.push(this.#typed(text))
      if (stop === ',') continue
      if (this.#runes[this.#at] === ',') this.#at += 1
      return list
    }
  }

  #typed(text: string): unknown {
    const { kind, readFile } = this.#options
    if (kind === 'file') return readFile?.(text) ?? ''
    return kind === 'string' ? text : typedValue(text)
  }
}

function typedValue(text: string): unknown {
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 'false') return lower === 'true'
  if (lower === 'null') return null
  if (text === '0') return 0n
  if (text.startsWith('0') || !/^[+-]?\d+$/.test(text)) return text
  const value = BigInt(text.replace(/^\+/, ''))
  return BigInt.asIntN(64, value) === value ? value : text
}

function setKey(map: ValueMap, key: string, value: unknown): void {
  if (key !== '') map[key] = value
}

function setIndex(list: unknown[], { at: index, shown }: Index, value: unknown): void {
  if (index > maxIndex) throw chartError(`index of ${shown} is greater than maximum supported index of ${maxIndex}`)
  while (list.length <= index) list.push(null)
  list[index] = value
}

/** Go counts digits before it looks at what follows them. */
function atoiProblem(text: string): string {
  const [digits = ''] = /^[+-]?\d*/.exec(text) ?? []
  return digits.replace(/^[+-]?0*/, '').length > 19 ? 'value out of range' : 'invalid syntax'
}

/** A rune as Go quotes it. */
function quoteRune(rune: string): string {
  if (rune === "'") return String.raw`'\''`
  return rune === '"' ? `'"'` : `'${quoteGo(rune).slice(1, -1)}'`
}

function wrongType(value: unknown, wanted: string): Error {
  const found = value === null ? 'nil' : typeName(fromValues(value))
  return chartError(`unable to parse key: interface conversion: interface {} is ${found}, not ${wanted}`)
}
