/** Paths of fields that valid JSON text gives more than once in one object: `spec.replicas`, `spec.list[0].name`. */
export function findDuplicateFields(text: string): readonly string[] {
  const duplicates: string[] = []
  const stack: Level[] = []
  let at = 0
  while (at < text.length) {
    const char = text[at]
    if (char === '"') {
      const end = endOfString(text, at)
      takeString({ text, at, end }, stack.at(-1), () => duplicates.push(pathOf(stack)))
      at = end
    } else if (char === '{') stack.push({ names: new Set(), name: '', index: 0, expectsName: true })
    else if (char === '[') stack.push({ names: undefined, name: '', index: 0, expectsName: false })
    else if (char === '}' || char === ']') stack.pop()
    else if (char === ',') nextItem(stack.at(-1))
    at += 1
  }
  return duplicates
}

interface Level {
  /** Undefined for a list. */
  readonly names: Set<string> | undefined
  name: string
  index: number
  expectsName: boolean
}

function takeString(
  token: { readonly text: string; readonly at: number; readonly end: number },
  level: Level | undefined,
  onDuplicate: () => void,
): void {
  if (level?.names === undefined || !level.expectsName) return
  level.name = JSON.parse(token.text.slice(token.at, token.end + 1)) as string
  level.expectsName = false
  if (level.names.has(level.name)) onDuplicate()
  level.names.add(level.name)
}

function nextItem(level: Level | undefined): void {
  if (level === undefined) return
  level.index += 1
  level.expectsName = level.names !== undefined
}

/** Where the closing quote stands. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at
}

function pathOf(stack: readonly Level[]): string {
  let path = ''
  for (const level of stack) {
    if (level.names === undefined) path += `[${level.index}]`
    else path += path === '' ? level.name : `.${level.name}`
  }
  return path
}
