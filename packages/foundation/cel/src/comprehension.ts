import type { Comprehension, Expression } from './ast.ts'
import type { Frame } from './frame.ts'
import { orderOf } from './library/lists.ts'
import { CelError, isList, isMap, type CelKey, type CelValue } from './values.ts'

type Node = Extract<Expression, { kind: 'comprehension' }>

interface Context {
  readonly frame: Frame
  readonly evaluate: (node: Expression, frame: Frame) => CelValue
}

/** Goes through a list or map as a macro says. */
export function evaluateComprehension(node: Node, range: CelValue, context: Context): CelValue {
  const frames = framesOf(node, range, context.frame)
  const run: Run = {
    frames,
    test: (frame) => (node.filter === undefined ? true : condition(context.evaluate(node.filter, frame))),
    body: (frame) => context.evaluate(node.body, frame),
  }
  return forms[node.of](run)
}

interface Run {
  readonly frames: Iterable<{ readonly frame: Frame; readonly key: CelKey | undefined; readonly item: CelValue }>
  readonly test: (frame: Frame) => boolean
  readonly body: (frame: Frame) => CelValue
}

const forms: Readonly<Record<Comprehension, (run: Run) => CelValue>> = {
  all: (run) => quantify(run, false),
  exists: (run) => quantify(run, true),
  existsOne: ({ frames, body }) => {
    let count = 0
    for (const { frame } of frames) if (condition(body(frame))) count += 1
    return count === 1
  },
  filter: ({ frames, body }) => {
    const out: CelValue[] = []
    for (const { frame, item } of frames) if (condition(body(frame))) out.push(item)
    return out
  },
  map: collect,
  transformList: collect,
  transformMap: ({ frames, test, body }) => {
    const out = new Map<CelKey, CelValue>()
    for (const { frame, key } of frames) if (key !== undefined && test(frame)) out.set(key, body(frame))
    return out
  },
  transformMapEntry: ({ frames, test, body }) => {
    const out = new Map<CelKey, CelValue>()
    for (const { frame } of frames) if (test(frame)) addEntries(out, body(frame))
    return out
  },
  sortBy: ({ frames, body }) => {
    const items = [...frames].map(({ frame, item }) => ({ item, key: body(frame) }))
    return items.toSorted((a, b) => orderOf(a.key, b.key)).map(({ item }) => item)
  },
}

function collect({ frames, test, body }: Run): CelValue {
  const out: CelValue[] = []
  for (const { frame } of frames) if (test(frame)) out.push(body(frame))
  return out
}

function addEntries(out: Map<CelKey, CelValue>, entries: CelValue): void {
  if (!isMap(entries)) throw new CelError('no such overload')
  for (const [key, value] of entries) {
    if (out.has(key)) throw new CelError(`insert failed: key ${String(key)} already exists`)
    out.set(key, value)
  }
}

/** One decisive item settles the matter, also when others fail. */
function quantify({ frames, body }: Run, decisive: boolean): boolean {
  let failure: CelError | undefined
  for (const { frame } of frames) {
    try {
      if (condition(body(frame)) === decisive) return decisive
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      failure ??= error
    }
  }
  if (failure !== undefined) throw failure
  return !decisive
}

function condition(value: CelValue): boolean {
  if (typeof value !== 'boolean') throw new CelError('no such overload')
  return value
}

function* framesOf(node: Node, range: CelValue, outer: Frame): Run['frames'] & Generator {
  const [first = '', second] = node.names
  const entries = entriesOf(range)
  for (const { key, item } of entries) {
    outer.step()
    const names = new Map<string, CelValue>([[first, second === undefined ? (isMap(range) ? key : item) : key]])
    if (second !== undefined) names.set(second, item)
    yield {
      frame: outer.with(names),
      key: isMap(range) || second !== undefined ? key : undefined,
      item: isMap(range) ? key : item,
    }
  }
}

function* entriesOf(range: CelValue): Generator<{ readonly key: CelKey; readonly item: CelValue }> {
  if (isMap(range)) {
    for (const [key, item] of range) yield { key, item }
  } else if (isList(range)) {
    for (const [at, item] of range.entries()) yield { key: BigInt(at), item }
  } else throw new CelError('no such overload')
}
