const shape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(\/\/[^/?#]*)?([^?#]*)((?:\?[^#]*)?)((?:#.*)?)$/s

/** An address without what follows `#`. */
export function withoutFragment(address: string): string {
  const hash = address.indexOf('#')
  return hash < 0 ? address : address.slice(0, hash)
}

interface Parts {
  readonly scheme: string | undefined
  readonly authority: string | undefined
  readonly path: string
  readonly query: string
  readonly fragment: string
}

function partsOf(address: string): Parts {
  const [, scheme, authority, path = '', query = '', fragment = ''] = shape.exec(address) ?? []
  return { scheme, authority, path, query, fragment }
}

/** What a reference means at an address (RFC 3986, 5.2). */
export function joinAddress(base: string, reference: string): string {
  const { scheme, authority, path, query, fragment } = partsOf(reference)
  if (scheme !== undefined) return reference
  const own = partsOf(base)
  const start = own.scheme === undefined ? '' : `${own.scheme}:`
  if (authority !== undefined) return `${start}${reference}`
  const front = `${start}${own.authority ?? ''}`
  if (path === '') return `${front}${own.path}${query || own.query}${fragment}`
  const whole = path.startsWith('/') ? path : `${own.path.slice(0, own.path.lastIndexOf('/') + 1)}${path}`
  return `${front}${withoutDots(whole)}${query}${fragment}`
}

function withoutDots(path: string): string {
  const out: string[] = []
  const parts = path.split('/')
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    if (part === '..' && out.length > 1) out.pop()
    if (part !== '.' && part !== '..') out.push(part)
    else if (isLast) out.push('')
  }
  return out.join('/')
}
