import type { TracePart, TraceRead, TraceReason, TraceText } from '@kedge/gotemplate'
import { pathAtLine } from './line-of-path.ts'

/** A place in a template's file. */
export interface TemplatePlace {
  /** `web/templates/deployment.yaml`. */
  readonly file: string
  readonly line: number
  /** That line of the file, without the blanks around it. */
  readonly source: string
}

/** A piece of a line of output: one statement wrote it. */
export interface LocatedPiece {
  readonly text: string
  readonly place: TemplatePlace
  /** Whether it stands in the template as it is. */
  readonly isLiteral: boolean
  readonly reads: readonly TraceRead[]
  /** Calls and branches around it, the outermost first. */
  readonly reasons: readonly TraceReason[]
  /** Keys below what was read, where a whole map or list was printed. */
  readonly below: readonly string[]
}

/** The pieces that wrote a range of a template's text. */
export function locateRange(trace: TraceText, from: number, to: number): readonly LocatedPiece[] {
  const pieces: LocatedPiece[] = []
  let start = 0
  for (const part of trace.parts) {
    const end = start + part.text.length
    if (end > from && start < to) pieces.push(...locatePart(part, Math.max(from - start, 0), Math.min(to, end) - start))
    start = end
  }
  return pieces
}

/** The text that the parts of a trace make together. */
export function textOfParts(trace: TraceText): string {
  return trace.parts.map(({ text }) => text).join('')
}

function locatePart(part: TracePart, from: number, to: number): readonly LocatedPiece[] {
  const text = part.text.slice(from, to)
  if (part.node.kind === 'text') {
    const before = part.tree.text.indexOf(part.text, part.node.at)
    const place = placeAt(part.tree, (before < 0 ? part.node.at : before) + from + (/^\s*/.exec(text)?.[0].length ?? 0))
    return text.trim() === '' ? [] : [{ ...base(part), text, place, isLiteral: true }]
  }
  if (text.trim() === '') return []
  for (const made of part.made.toReversed()) {
    const inner = withinMade(part, { made, from, to })
    if (inner !== undefined && inner.length > 0) return inner
  }
  return [{ ...base(part), text, isLiteral: false, reads: allReads(part) }]
}

function base(part: TracePart): LocatedPiece {
  return {
    text: part.text,
    place: placeAt(part.tree, part.node.at),
    isLiteral: false,
    reads: part.reads,
    reasons: part.reasons,
    below: [],
  }
}

/** What was read for a text that cannot be followed further: also that of the templates it was made of. */
function allReads(part: TracePart): readonly TraceRead[] {
  return [...part.reads, ...part.made.flatMap((made) => made.parts.flatMap(allReads))]
}

/** The pieces of a text that was made on the way, where its lines are found again in what was written. */
function withinMade(
  part: TracePart,
  on: { readonly made: TraceText; readonly from: number; readonly to: number },
): readonly LocatedPiece[] | undefined {
  const { made, from, to } = on
  const line = part.text.slice(0, from).split('\n').length - 1 + leadingLines(part.text.slice(from, to))
  const found = sameLine(part.text, made.text, line)
  if (found === undefined) return undefined
  const start = lineStart(made.text, found)
  const end = start + (made.text.slice(start).split('\n')[0] ?? '').length
  if (made.kind === 'template') return locateRange(made, start, end)
  const whole = made.reads.at(-1)
  const reads = whole === undefined ? made.reads : [whole]
  const below = whole?.key === '' ? pathAtLine(made.text, found + 1) : []
  return [{ ...base(part), text: made.text.slice(start, end), reads, below }]
}

/** How many line feeds stand before the first character that is no blank. */
function leadingLines(text: string): number {
  return (/^\s*/.exec(text)?.[0] ?? '').split('\n').length - 1
}

function lineStart(text: string, line: number): number {
  let start = 0
  for (let count = 0; count < line; count += 1) start = text.indexOf('\n', start) + 1
  return start
}

/**
 * The line of an inner text that a line of an outer one is, where the outer holds all lines of the inner in a row but for
 * blanks around them. A single line may also stand inside another.
 */
function sameLine(outer: string, inner: string, line: number): number | undefined {
  const all = filled(outer)
  const wanted = filled(inner)
  const [first] = wanted
  if (first === undefined) return undefined
  const at = all.findIndex((_, start) => wanted.every(({ text }, index) => all[start + index]?.text === text))
  if (at >= 0) return wanted[all.findIndex((one) => one.line === line) - at]?.line
  if (wanted.length > 1) return undefined
  return all.find((one) => one.line === line)?.text.includes(first.text) === true ? first.line : undefined
}

function filled(text: string): readonly { readonly text: string; readonly line: number }[] {
  return text
    .split('\n')
    .map((one, line) => ({ text: one.trim(), line }))
    .filter((one) => one.text !== '')
}

/** A place of a template by its offset. */
export function placeAt(tree: TracePart['tree'], at: number): TemplatePlace {
  const line = tree.text.slice(0, at).split('\n').length
  return { file: tree.parseName, line, source: (tree.text.split('\n')[line - 1] ?? '').trim() }
}
