import { parseNode, type YamlNode } from '@kedge/yaml'

/** The line, from 1, where a path of keys and indexes has its value in a YAML text; undefined where it has none. */
export function lineOfPath(text: string, path: readonly string[]): number | undefined {
  let node = rootOf(text)
  let line = node?.line
  for (const key of path) {
    const step = node === undefined ? undefined : stepInto(node, key)
    if (step === undefined) return undefined
    node = step.value
    line = step.line
  }
  return line
}

/** The path whose key or item stands on a line, or encloses it most closely. */
export function pathAtLine(text: string, line: number): readonly string[] {
  const path: string[] = []
  let node = rootOf(text)
  while (node !== undefined) {
    const step: Step | undefined = stepsOf(node).findLast((one) => one.line <= line)
    if (step === undefined) break
    path.push(step.key)
    node = step.value
  }
  return path
}

interface Step {
  readonly key: string
  readonly value: YamlNode
  readonly line: number
}

/** Texts read last: an explanation asks for many lines of the same few. */
const read = new Map<string, YamlNode | undefined>()
const maxRead = 200

function rootOf(text: string): YamlNode | undefined {
  if (read.has(text)) return read.get(text)
  if (read.size >= maxRead) read.clear()
  const root = parseNode(text)
  read.set(text, root)
  return root
}

function stepInto(node: YamlNode, key: string): Step | undefined {
  return stepsOf(node).findLast((step) => step.key === key)
}

function stepsOf(node: YamlNode): readonly Step[] {
  if (node.kind === 'alias') return stepsOf(node.target)
  if (node.kind === 'seq') return node.items.map((value, index) => ({ key: String(index), value, line: value.line }))
  if (node.kind === 'scalar') return []
  return node.entries.map(({ key, value }) => ({
    key: key.kind === 'scalar' ? key.value : '',
    value,
    line: key.line,
  }))
}
