const escapes: Readonly<Record<string, string>> = { dot: '.', dash: '-', slash: '/', underscores: '__' }
const reserved =
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  )

/** The field name that Kubernetes escapes for CEL: `a__dash__b` is `a-b`, `__in__` is `in`. */
export function unescapeName(name: string): string {
  if (!name.includes('__')) return name
  const word = /^__(.+)__$/.exec(name)?.[1]
  if (word !== undefined && reserved.includes(word)) return word
  return name.replaceAll(/__(dot|dash|slash|underscores)__/g, (_whole, escape: string) => escapes[escape] ?? '')
}
