import type { TraceRead } from '@kedge/gotemplate'
import { toPlain } from '../functions/plain-value.ts'
import type { RenderedRelease } from '../release/render-release.ts'
import { splitManifests, type ManifestSplitting } from '../release/manifests.ts'
import { locateRange, placeAt, textOfParts, type LocatedPiece, type TemplatePlace } from './locate-text.ts'
import type { ReadPlace, RenderTrace } from './render-trace.ts'
import { originsOf, type ValueLayer, type ValueOrigin } from './value-origin.ts'

/** A value that a template read. */
export interface ExplainedValue {
  /** `.Values.image.tag` from the root chart on, or `.Chart.Name`. */
  readonly name: string
  readonly value: unknown
  /** Whether it is what was printed, and not one that decided about it. */
  readonly isPrinted: boolean
  /** The one that won first; empty for what no file and no flag gives. */
  readonly origins: readonly ValueOrigin[]
}

/** A piece of a line: what wrote it and why. */
export interface ExplainedPiece {
  readonly text: string
  readonly place: TemplatePlace
  readonly isLiteral: boolean
  /** Templates that were called on the way, the outermost first: where, `include "x"`, and what the text of `tpl` is from. */
  readonly calls: readonly {
    readonly place: TemplatePlace
    readonly what: string
    readonly values: readonly ExplainedValue[]
  }[]
  readonly values: readonly ExplainedValue[]
  /** Branches and loops around it. */
  readonly because: readonly { readonly place: TemplatePlace; readonly values: readonly ExplainedValue[] }[]
}

/** A line of the output, and what it is made of; nothing for separators, and for CRDs, which are printed as they are. */
export interface ExplainedLine {
  readonly text: string
  readonly pieces: readonly ExplainedPiece[]
}

/** What an explanation needs of a rendering. */
export interface ExplainRequest {
  readonly release: RenderedRelease
  /** As printRelease printed it. */
  readonly printed: string
  readonly trace: RenderTrace
  readonly layers: readonly ValueLayer[]
  readonly splitting: ManifestSplitting
}

/** Every line of a printed release with where it comes from; or one of them, by its index. */
export function explainRelease(request: ExplainRequest, only?: number): readonly ExplainedLine[] {
  const explainer = new Explainer(request)
  const lines = request.printed.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const places = placesOfLines(lines, request)
  const explained = lines.map((text, index): ExplainedLine => {
    const at = only === undefined || only === index ? places[index] : undefined
    return { text, pieces: at === undefined ? [] : explainer.pieces(at) }
  })
  return only === undefined ? explained : explained.slice(only, only + 1)
}

/** A line of a rendered file. */
interface FileLine {
  readonly path: string
  readonly from: number
  readonly to: number
}

/** Which range of which rendered file each printed line is; undefined for separators and CRDs. */
function placesOfLines(lines: readonly string[], request: ExplainRequest): readonly (FileLine | undefined)[] {
  const contents = new ContentPlaces(request)
  const places: (FileLine | undefined)[] = []
  let open: { readonly path: string; readonly start: number; offset: number } | undefined
  for (const [index, line] of lines.entries()) {
    const path = line === '---' ? sourceOf(lines[index + 1]) : undefined
    if (path !== undefined) {
      const start = contents.next(path, lines[index + 2])
      open = start === undefined ? undefined : { path, start, offset: -2 }
    }
    if (open === undefined) places.push(undefined)
    else if (open.offset < 0) {
      open.offset += 1
      places.push(undefined)
    } else {
      const from = open.start + open.offset
      places.push({ path: open.path, from, to: from + line.length })
      open.offset += line.length + 1
    }
  }
  return places
}

function sourceOf(line: string | undefined): string | undefined {
  return line?.startsWith('# Source: ') === true ? line.slice('# Source: '.length) : undefined
}

/** Finds where the documents of rendered files begin. */
class ContentPlaces {
  readonly #starts = new Map<string, { readonly start: number; readonly first: string }[]>()

  constructor({ trace, splitting }: ExplainRequest) {
    for (const [path, text] of trace.texts) {
      const starts: { start: number; first: string }[] = []
      let from = 0
      const whole = textOfParts(text)
      for (const content of splitManifests(whole, splitting)) {
        const start = whole.indexOf(content, from)
        if (start < 0) continue
        starts.push({ start, first: content.split('\n')[0] ?? '' })
        from = start + content.length
      }
      this.#starts.set(path, starts)
    }
  }

  /** The next document of a file that begins with a line: documents are sorted by kind, but stay in order otherwise. */
  next(path: string, first: string | undefined): number | undefined {
    const starts = this.#starts.get(path) ?? []
    const index = starts.findIndex((one) => one.first.trimEnd() === (first ?? '').trimEnd())
    return index < 0 ? undefined : starts.splice(index, 1)[0]?.start
  }
}

class Explainer {
  readonly #request: ExplainRequest

  constructor(request: ExplainRequest) {
    this.#request = request
  }

  pieces({ path, from, to }: FileLine): readonly ExplainedPiece[] {
    const trace = this.#request.trace.texts.get(path)
    return trace === undefined ? [] : locateRange(trace, from, to).map((piece) => this.#piece(piece))
  }

  #piece(piece: LocatedPiece): ExplainedPiece {
    const { reasons } = piece
    const calls = reasons.filter(({ kind }) => kind === 'include' || kind === 'tpl' || kind === 'template')
    const branches = reasons.filter(({ kind }) => kind === 'if' || kind === 'with' || kind === 'range')
    return {
      text: piece.text,
      place: piece.place,
      isLiteral: piece.isLiteral,
      calls: calls.map(({ kind, name, tree, at, reads }) => ({
        place: placeAt(tree, at),
        what: kind === 'tpl' ? 'tpl' : `${kind} ${JSON.stringify(name)}`,
        values: kind === 'tpl' ? this.#values(reads, undefined) : [],
      })),
      values: piece.isLiteral ? [] : this.#values(piece.reads, piece),
      because: branches.map(({ tree, at, reads, element }) => ({
        place: placeAt(tree, at),
        values: this.#values(element === undefined ? reads : [...reads, element], undefined),
      })),
    }
  }

  #values(reads: readonly TraceRead[], piece: LocatedPiece | undefined): readonly ExplainedValue[] {
    const places = unique(reads.flatMap((read) => this.#places(read, piece?.below ?? [])))
    const values = places.map((place) => this.#value(place, piece?.text))
    return values.some(({ isPrinted }) => isPrinted) || piece === undefined
      ? values
      : values.map((value) => ({ ...value, isPrinted: values.length === 1 }))
  }

  /** What was read; of a whole map that was printed, the entry that stands on the line. */
  #places(read: TraceRead, below: readonly string[]): readonly ReadPlace[] {
    const { trace } = this.#request
    let place = trace.placeOf(read)
    for (const key of below) {
      const holder = place?.value
      if (typeof holder !== 'object' || holder === null) break
      place = trace.placeOf({ holder, key })
    }
    return place === undefined ? [] : [place]
  }

  #value(place: ReadPlace, text: string | undefined): ExplainedValue {
    const value = toPlain(place.value)
    return {
      name: `.${[place.object, ...place.path].join('.')}`,
      value,
      isPrinted: text !== undefined && isScalar(value) && String(value) !== '' && text.includes(String(value)),
      origins: this.#origins(place),
    }
  }

  #origins(place: ReadPlace): readonly ValueOrigin[] {
    const { layers, release } = this.#request
    return place.object === 'Values' ? originsOf(place.path, place.value, { layers, chart: release.chart }) : []
  }
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' && value !== undefined
}

/** Each place once, and none that only leads to another. */
function unique(places: readonly ReadPlace[]): readonly ReadPlace[] {
  const names = places.map(({ object, path }) => `${object}\0${path.join('\0')}`)
  return places.filter(
    (_, index) =>
      names.indexOf(names[index] ?? '') === index && !names.some((name) => name.startsWith(`${names[index] ?? ''}\0`)),
  )
}
