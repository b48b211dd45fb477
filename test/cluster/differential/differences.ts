/** Where two normalised answers differ, one line a place: `body.spec.x: "real" is "ours"`. */
export function differences(real: unknown, ours: unknown, path = ''): string[] {
  if (Object.is(real, ours)) return []
  if (Array.isArray(real) && Array.isArray(ours)) {
    const length = Math.max(real.length, ours.length)
    return Array.from({ length }).flatMap((_, index) => differences(real[index], ours[index], `${path}[${index}]`))
  }
  if (isObject(real) && isObject(ours)) {
    const keys = [...new Set([...Object.keys(real), ...Object.keys(ours)])]
    return keys.flatMap((key) => differences(real[key], ours[key], path === '' ? key : `${path}.${key}`))
  }
  return [`${path}: ${show(real)} is ${show(ours)}`]
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 700)
}
