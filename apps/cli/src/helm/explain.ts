import {
  chartError,
  explainRelease,
  lineOfPath,
  splitManifests,
  type ExplainRequest,
  type ExplainedLine,
  type ExplainedPiece,
  type ExplainedValue,
  type TemplatePlace,
} from '@kedge/helm'

/** What `--explain` prints: of one line or field everything, without either each line with its source in short. */
export function explain(request: ExplainRequest, wanted: string): string {
  if (wanted === '') return listing(explainRelease(request))
  const index = /^\d+$/.test(wanted) ? Number(wanted) - 1 : lineOfField(request.printed, wanted)
  const [line] = explainRelease(request, index)
  if (line === undefined) throw chartError(`the output has no line ${wanted}`)
  return `line ${index + 1}: ${line.text.trim()}\n${details(line)}`
}

/** Whether a word may be the value of `--explain`: a line, or `Kind/name` with an optional `:path`. */
export function isExplainTarget(word: string): boolean {
  return /^\d+$|^[A-Z][A-Za-z0-9]*\/[^:/]+(?::.+)?$/.test(word)
}

// ── the listing ──

const widest = 60

function listing(lines: readonly ExplainedLine[]): string {
  const digits = String(lines.length).length
  const width = Math.min(widest, Math.max(...lines.map(({ text }) => text.length)))
  return lines
    .map((line, index) => `${String(index + 1).padStart(digits)} ${line.text.padEnd(width)}  ${brief(line)}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('')
}

function brief({ pieces }: ExplainedLine): string {
  const main = pieces.find(({ isLiteral }) => !isLiteral) ?? pieces[0]
  if (main === undefined) return ''
  const via = main.calls.length === 0 ? '' : ` via ${main.calls.map(({ what }) => what).join(' > ')}`
  const values = pieces.flatMap((piece) => printed(piece).map(briefValue))
  return `# ${shown(main.place)}${via}${values.length === 0 ? '' : ` ← ${[...new Set(values)].join(', ')}`}`
}

/** The values that a piece shows; where none is seen in it, those it was made of. */
function printed({ values }: ExplainedPiece): readonly ExplainedValue[] {
  const seen = values.filter(({ isPrinted }) => isPrinted)
  return seen.length > 0 ? seen : values
}

function briefValue({ name, origins }: ExplainedValue): string {
  const [origin] = origins
  return origin === undefined ? name : `${name} (${origin.where})`
}

// ── one line ──

function details({ pieces }: ExplainedLine): string {
  if (pieces.length === 0) return '  no template wrote it\n'
  return pieces.map((piece) => pieceDetails(piece)).join('')
}

function pieceDetails(piece: ExplainedPiece): string {
  const rows = [
    ...piece.calls.flatMap(({ place, what, values }) => [
      row('called by', `${shown(place)}  ${what}`),
      ...values.flatMap((value) => valueRows(value, 'text')),
    ]),
    row(piece.isLiteral ? 'literal in' : 'printed by', `${shown(piece.place)}  ${piece.place.source}`),
    ...piece.values.flatMap((value) => valueRows(value, value.isPrinted ? 'value' : 'also read')),
    ...piece.because.flatMap(({ place, values }) => [
      row('because of', `${shown(place)}  ${place.source}`),
      ...values.flatMap((value) => valueRows(value, 'read')),
    ]),
  ]
  return `${JSON.stringify(piece.text.trim())}\n${rows.join('')}`
}

function valueRows({ name, value, origins }: ExplainedValue, label: string): readonly string[] {
  return [
    row(label, value === undefined || value === null ? `${name}, which is not set` : `${name} = ${inShort(value)}`),
    ...origins.map(({ kind, where, value: given }, index) =>
      row(index === 0 ? '  from' : '  over', `${where}${kindNotes[kind]}${index === 0 ? '' : `  ${inShort(given)}`}`),
    ),
  ]
}

const kindNotes = { flag: '', file: '', default: ' (default)', imported: ' (import-values)' } as const

function row(label: string, text: string): string {
  return `  ${label.padEnd(10)} ${text}\n`
}

function shown({ file, line }: TemplatePlace): string {
  return `${file}:${line}`
}

const longest = 80

function inShort(value: unknown): string {
  const text = JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? Number(item) : item))
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`
}

// ── fields ──

/** The index of the line where a field of an object has its value: `Deployment/web:spec.replicas`. */
function lineOfField(text: string, wanted: string): number {
  const [, kind = '', name = '', path = ''] = /^([^/]+)\/([^:]+)(?::(.*))?$/.exec(wanted) ?? []
  let from = 0
  for (const document of splitManifests(text, 'blank-lines-kept')) {
    const start = text.indexOf(document, from)
    from = start + document.length
    if (!isObject(document, { kind, name })) continue
    const line = lineOfPath(document, keysOf(path))
    if (line === undefined) throw chartError(`${kind}/${name} has no field ${path}`)
    return text.slice(0, start).split('\n').length - 1 + line - 1
  }
  throw chartError(`the output has no ${kind || wanted} ${name}: give KIND/NAME:PATH or the number of a line`)
}

function isObject(document: string, wanted: { readonly kind: string; readonly name: string }): boolean {
  const read = (path: readonly string[]): string | undefined => {
    const line = lineOfPath(document, path)
    const text = line === undefined ? undefined : document.split('\n')[line - 1]
    return text
      ?.replace(/^[^:]*:\s*/, '')
      .replaceAll(/^["']|["']\s*$/g, '')
      .trim()
  }
  return read(['kind']) === wanted.kind && read(['metadata', 'name']) === wanted.name
}

/** `spec.containers[0].image`, with `\.` for a dot in a key. */
function keysOf(path: string): readonly string[] {
  if (path === '') return []
  return path
    .replaceAll(/\[(\d+)\]/g, '.$1')
    .replace(/^\./, '')
    .split(/(?<!\\)\./)
    .map((key) => key.replaceAll(String.raw`\.`, '.'))
}
