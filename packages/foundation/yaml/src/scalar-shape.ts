import { resolvePlain } from './resolve.ts'

/** What the emitter must know about a scalar's text before it chooses a style. */
export interface ScalarShape {
  readonly multiline: boolean
  readonly flowPlain: boolean
  readonly blockPlain: boolean
  readonly singleQuoted: boolean
  readonly block: boolean
}

const EMPTY: ScalarShape = {
  multiline: false,
  flowPlain: false,
  blockPlain: true,
  singleQuoted: true,
  block: false,
}

/** Whether a text is a plain, single-line string by a quick look; false means: look closer. */
export function isSimpleString(text: string): boolean {
  const c = text.charCodeAt(0)
  // Letters, underscore and slash cannot begin anything else; words such as `true` are short.
  if (!((c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === 47)) return false
  if (text.length <= 5 && c !== 95 && c !== 47 && resolvePlain(text, 'v2').type !== 'str') return false
  return isSimpleTail(text)
}

/** The same of texts that begin as numbers and flags do, such as `100m` and `--level=info`, for what is read as YAML 1.1. */
export function isSimpleWord(text: string): boolean {
  const c = text.charCodeAt(0)
  if (!((c >= 48 && c <= 57) || c === 45) || text.includes(':') || text.startsWith('---')) return false
  if (c === 45 && (text.length === 1 || text.charCodeAt(1) === 32)) return false
  return isSimpleTail(text) && resolvePlain(text, 'v2').type === 'str'
}

function isSimpleTail(text: string): boolean {
  let previous = 0
  for (let i = 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c < 32 || c > 126) return false
    if (previous === 58 && c === 32) return false
    if (c === 35 && previous === 32) return false
    previous = c
  }
  return previous !== 32 && previous !== 58 && !(text.length === 1 && text === ':')
}

/** Whether a text can be written without quotes in block context, whatever type it would have. */
export function isPlainText(text: string): boolean {
  return isSimpleString(text) || shapeOf(text).blockPlain
}

const BREAKS = /[\n\r\x85\u2028\u2029]/
const BREAK_SPACE = /[\n\r\x85\u2028\u2029] /
const SPACE_BREAK = / [\n\r\x85\u2028\u2029]/
// What the emitter may not write as it is: controls other than line feed, DEL, C1 controls, BOM, the two code points
// that are no characters, and, by a quirk of Go's port, everything beyond the basic plane.
// oxlint-disable-next-line eslint/no-control-regex -- it is about control characters
const UNPRINTABLE = /[^\n -~\xA0-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD]/
const FIRST_INDICATOR = /^(?:[#,[\]{}&*!|>'"%@`]|---|\.\.\.)/
const FIRST_BLOCK = /^(?:[?:](?:[ \t]|$)|-(?:[ \t]|$))/
const LATER_BLOCK = /.:(?:[ \t\n\r\x85\u2028\u2029]|$)|[ \t\n\r\x85\u2028\u2029\0]#/s
const FLOW = /^[?:]|^-(?:[ \t]|$)|.[,?[\]{}:]/s

/** The close look, by the rules of libyaml's emitter; yaml.v3 lets tabs stand in block scalars. */
export function shapeOf(text: string, rules: 'v2' | 'v3' = 'v2'): ScalarShape {
  if (text === '') return EMPTY
  const multiline = BREAKS.test(text)
  const edges = /^[ \n\r\x85\u2028\u2029]|[ \n\r\x85\u2028\u2029]$/.test(text)
  const breakSpace = multiline && BREAK_SPACE.test(text)
  const special = UNPRINTABLE.test(text) || (multiline && SPACE_BREAK.test(text))
  const blockPlain = !edges && !special && !multiline && !holdsIndicator(text)
  return {
    multiline,
    flowPlain: blockPlain && !FLOW.test(text),
    blockPlain,
    singleQuoted: !breakSpace && !special,
    block: !text.endsWith(' ') && (!special || (rules === 'v3' && isOnlyTabs(text))),
  }
}

function holdsIndicator(text: string): boolean {
  return FIRST_INDICATOR.test(text) || FIRST_BLOCK.test(text) || LATER_BLOCK.test(text)
}

/** Whether tabs are all that keeps a text from being written as it is. */
function isOnlyTabs(text: string): boolean {
  return !UNPRINTABLE.test(text.replaceAll('\t', '')) && !SPACE_BREAK.test(text)
}
