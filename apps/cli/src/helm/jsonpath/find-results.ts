import { FailureError } from '@kedge/base'
import { compareBytewise } from '@kedge/gotemplate'
import { compared } from './compare.ts'
import { GoInteger, type Node } from './nodes.ts'

/** A path that found nothing, or cannot be walked; `values` is what it stood at. */
export class PathError extends Error {
  override readonly name = 'PathError'
  readonly values: readonly unknown[]

  constructor(message: string, values: readonly unknown[]) {
    super(message)
    this.values = values
  }
}

type Found = readonly unknown[]
type Filter = Node & { readonly kind: 'filter' }

/** Values that one step may find: templates such as `{..*..*}` multiply them. */
const maxFound = 1_000_000

/** What every part of a template finds, in order. Throws PathError where client-go gives an error. */
export function findResults(nodes: readonly Node[], root: unknown): readonly Found[] {
  return new Walk(nodes).results(0, root)
}

/** Undefined stands for no value at all, which is less than null: what a range over nothing is walked with. */
class Walk {
  readonly #nodes: readonly Node[]
  /** Ranges that were begun by the part just walked, those that we are in, and ends that were met. */
  #begun = 0
  #inside = 0
  #ended = 0
  /** Where the end was met last. */
  #lastEnd = -1
  /** Parts that were walked, in ranges once for every turn, and what they found. */
  #total = 0

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes
  }

  /** The results from a node on, up to the end of the range that we are in. */
  results(start: number, value: unknown): readonly Found[] {
    const all: Found[] = []
    for (let at = start; at < this.#nodes.length; at += 1) {
      const found = this.#walkAll(this.#nodes.slice(at, at + 1), [value])
      if (this.#ended > 0 && this.#ended <= this.#inside) {
        this.#ended -= 1
        this.#lastEnd = at
        break
      }
      if (this.#begun > 0) {
        for (const one of this.#range(at, found)) all.push(one)
        if (this.#lastEnd > at) at = this.#lastEnd
      } else {
        this.#total += found.length + 1
        if (this.#total > maxFound) throw tooMany()
        all.push(found)
      }
    }
    return all
  }

  /** Walks the body once for every value; for none it is walked too, for its end to be found. */
  #range(at: number, found: Found): readonly Found[] {
    this.#begun -= 1
    this.#inside += 1
    const all = found.flatMap((value) => this.results(at + 1, value ?? undefined))
    if (found.length === 0) this.results(at + 1, undefined)
    this.#inside -= 1
    return all
  }

  #walkAll(nodes: readonly Node[], input: Found): Found {
    return nodes.reduce<Found>((values, node) => this.#walk(node, values), input)
  }

  #walk(node: Node, input: Found): Found {
    switch (node.kind) {
      case 'list':
        return this.#walkAll(node.nodes, input)
      case 'text':
        return [node.text]
      case 'value':
        return input.map(() => node.value)
      case 'field':
        return fieldOf(node.name, input)
      case 'array':
        return spread(input, (value, add) => sliceOf(node, value, input).forEach(add))
      case 'wildcard':
        return spread(input, (value, add) => childrenOf(value).forEach(add))
      case 'recursive':
        return spread(input, descend)
      case 'union':
        return this.#attempt(input, () =>
          spread(node.members, (member, add) => this.#walkAll(member, input).forEach(add)),
        )
      case 'filter':
        return this.#filtered(node, input)
      case 'identifier':
        return this.#identified(node.name, input)
    }
  }

  #identified(name: string, input: Found): Found {
    if (name === 'range') {
      this.#begun += 1
      return input
    }
    if (name !== 'end') throw new PathError(`unrecognized identifier ${name}`, input)
    if (this.#inside === 0) throw new PathError('not in range, nothing to end', [])
    this.#ended += 1
    return []
  }

  #filtered(node: Filter, input: Found): Found {
    const passed: unknown[] = []
    for (const value of input) {
      if (!Array.isArray(value)) throw new PathError('is not array or slice and cannot be filtered', input)
      for (const item of value as Found) if (this.#passes(node, item, { input, passed })) passed.push(item)
    }
    return passed
  }

  #passes(node: Filter, item: unknown, { input, passed }: { readonly input: Found; readonly passed: Found }): boolean {
    if (node.operator === 'exists') return this.#standsAt(node.left, item).length > 0
    const side = (nodes: readonly Node[]): Found => {
      const found = this.#attempt(input, () => this.#walkAll(nodes, [item]))
      if (found.length > 1) throw new PathError('can only compare one element at a time', input)
      return found
    }
    const left = side(node.left)
    if (left.length === 0) return false
    const right = side(node.right)
    if (right.length === 0) return false
    const isTrue = compared(left[0], node.operator, right[0])
    if (isTrue === undefined) throw new PathError(`cannot compare with ${node.operator}`, [...passed])
    return isTrue
  }

  /** Where a path leads, or where it stood when it could go no further. */
  #standsAt(nodes: readonly Node[], item: unknown): Found {
    try {
      return this.#walkAll(nodes, [item])
    } catch (error) {
      if (error instanceof PathError) return error.values
      throw error
    }
  }

  /** A step whose failures stand at its own input. */
  #attempt(input: Found, step: () => Found): Found {
    try {
      return step()
    } catch (error) {
      throw error instanceof PathError ? new PathError(error.message, input) : error
    }
  }
}

/** Takes one more value in. */
type Add = (found: unknown) => void

/** What a step finds at all values together. Throws a FailureError `TooManyValues`. */
function spread<T>(input: readonly T[], step: (value: T, add: Add) => void): Found {
  const all: unknown[] = []
  const add = (found: unknown): void => {
    all.push(found)
    if (all.length > maxFound) throw tooMany()
  }
  for (const value of input) step(value, add)
  return all
}

function tooMany(): FailureError {
  const message = `the JSONPath finds more than ${maxFound} values`
  return new FailureError({ code: 'TooManyValues', message, fix: 'say more exactly what is wanted' })
}

function fieldOf(name: string, input: Found): Found {
  const found = input.flatMap((value) => (isMap(value) && Object.hasOwn(value, name) ? [value[name]] : []))
  if (found.length === 0 && input.length > 0) throw new PathError(`${name} is not found`, [])
  return found
}

function sliceOf(node: Node & { readonly kind: 'array' }, value: unknown, input: Found): Found {
  if (value === null || value === undefined) return []
  if (!Array.isArray(value)) throw new PathError('is not array or slice', input)
  const { length } = value
  let from = node.from.value ?? 0
  if (from < 0) from += length
  let to = node.to.value ?? length
  if (to < 0 || (to === 0 && node.to.isDerived === true)) to += length
  if (from === to) return []
  const problem = boundsProblem(from, to, length)
  if (problem !== undefined) throw new PathError(problem, input)
  const step = node.step.value ?? 1
  if (step <= 0) throw new PathError('step must be > 0', input)
  return value.slice(from, to).filter((_, at) => at % step === 0)
}

function boundsProblem(from: number, to: number, length: number): string | undefined {
  if (from >= length || from < 0) return `array index out of bounds: index ${from}, length ${length}`
  if (to > length || to < 0) return `array index out of bounds: index ${to - 1}, length ${length}`
  return from > to ? `starting index ${from} is greater than ending index ${to}` : undefined
}

/** The values in a map, by key where Go takes them in any order, in a list, and the bytes of a text. */
function childrenOf(value: unknown): Found {
  if (Array.isArray(value)) return value
  if (typeof value === 'string') return Array.from(Buffer.from(value), (byte) => new GoInteger(BigInt(byte)))
  return isMap(value)
    ? Object.keys(value)
        .toSorted(compareBytewise)
        .map((key) => value[key])
    : []
}

/** Adds a value that has some in it, and all such below. */
function descend(value: unknown, add: Add): void {
  const children = childrenOf(value)
  if (children.length === 0) return
  add(value)
  for (const child of children) descend(child, add)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof GoInteger)
}
