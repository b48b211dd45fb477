import {
  Recorder,
  goObject,
  isGoObject,
  isList,
  isMap,
  type GoValue,
  type TracePart,
  type TraceRead,
  type TraceText,
} from '@kedge/gotemplate'
import type { ReadyTemplate } from '../render/render-values.ts'

/** What a template read: of the values, or of another object that templates see. */
export interface ReadPlace {
  /** `Values`, `Chart`, `Release`, `Capabilities`, `Files` … */
  readonly object: string
  /** The names of the subcharts on the way to the chart whose template read it. */
  readonly charts: readonly string[]
  /** The keys; of values from those of the root chart on. */
  readonly path: readonly string[]
  readonly value: GoValue
}

interface Holder {
  readonly object: string
  readonly charts: readonly string[]
  readonly path: readonly string[]
}

/** A rendering taken down: which statement wrote what, and which values it read. Good for one rendering. */
export class RenderTrace {
  readonly recorder: Recorder = new Recorder()
  #texts: ReadonlyMap<string, TraceText> | undefined
  readonly #holders = new WeakMap<object, Holder>()

  /** Learns the places of all maps and lists that the templates see. */
  begin(templates: readonly ReadyTemplate[]): void {
    for (const { basePath, data } of templates) {
      const charts = basePath
        .replace(/\/templates$/, '')
        .split('/charts/')
        .slice(1)
      for (const [object, value] of Object.entries(data)) {
        if (object === 'Values') this.#learn(value, { object, charts, path: charts })
        else if (object !== 'Subcharts') this.#learn(value, { object, charts, path: [] })
      }
    }
  }

  /** What every file was written by, without the `<no value>` that Helm takes out. */
  get texts(): ReadonlyMap<string, TraceText> {
    this.#texts ??= new Map(
      [...this.recorder.texts].map(([name, text]) => [name, { ...text, parts: text.parts.map(cleaned) }]),
    )
    return this.#texts
  }

  /** Where something that was read has its place; undefined for what templates made themselves. */
  placeOf({ holder, key }: TraceRead): ReadPlace | undefined {
    const known = this.#holders.get(holder)
    if (known === undefined) return undefined
    const value = key === '' ? (holder as GoValue) : entryOf(holder as GoValue, key)
    return { ...known, path: key === '' ? known.path : [...known.path, String(key)], value }
  }

  #learn(value: GoValue, holder: Holder): void {
    if (typeof value !== 'object' || value === null || this.#holders.has(value)) return
    this.#holders.set(value, holder)
    const below = (key: string, item: GoValue): void => this.#learn(item, { ...holder, path: [...holder.path, key] })
    if (isGoObject(value)) for (const [key, item] of Object.entries(value[goObject].fields ?? {})) below(key, item)
    else if (isList(value)) for (const [index, item] of value.entries()) below(String(index), item)
    else if (isMap(value)) for (const [key, item] of Object.entries(value)) below(key, item)
  }
}

function cleaned(part: TracePart): TracePart {
  return part.text.includes('<no value>') ? { ...part, text: part.text.replaceAll('<no value>', '') } : part
}

function entryOf(holder: GoValue, key: string | number): GoValue {
  if (isGoObject(holder)) return holder[goObject].fields?.[key]
  if (isList(holder)) return holder[Number(key)]
  return isMap(holder) && Object.hasOwn(holder, key) ? holder[key] : undefined
}
