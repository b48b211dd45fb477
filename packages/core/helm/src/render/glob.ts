/** A gobwas/glob pattern with `/` as separator: `*` stops at it, `**` does not, `?`, `[a-c]`, `[!a]`, `{a,b}`. Undefined when malformed. */
export function compileGlob(pattern: string): ((name: string) => boolean) | undefined {
  const source = translate(pattern)
  if (source === undefined) return undefined
  const expression = new RegExp(`^${source}$`, 'su')
  return (name) => expression.test(name)
}

function translate(pattern: string): string | undefined {
  let out = ''
  let depth = 0
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern.charAt(at)
    switch (char) {
      case '*': {
        const isSuper = pattern.charAt(at + 1) === '*'
        out += isSuper ? '.*' : '[^/]*'
        if (isSuper) at += 1
        break
      }
      case '?':
        out += '[^/]'
        break
      case '[': {
        const end = pattern.indexOf(']', at + 1)
        if (end < 0) return undefined
        out += translateSet(pattern.slice(at + 1, end))
        at = end
        break
      }
      case '{':
        depth += 1
        out += '(?:'
        break
      case '}':
        if (depth === 0) return undefined
        depth -= 1
        out += ')'
        break
      case ',':
        out += depth > 0 ? '|' : ','
        break
      case '\\':
        at += 1
        out += quote(pattern.charAt(at))
        break
      default:
        out += quote(char)
    }
  }
  return depth === 0 ? out : undefined
}

function translateSet(body: string): string {
  return `[${body.startsWith('!') ? `^${quoteSet(body.slice(1))}` : quoteSet(body)}]`
}

function quote(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`)
}

function quoteSet(set: string): string {
  return set.replaceAll(/[\\[\]^]/g, String.raw`\$&`)
}
