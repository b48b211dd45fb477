/** A version as semantic versioning reads it; `text` is what was written. Build metadata does not take part in order. */
export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: string
  readonly text: string
}

const number = '(0|[1-9]\\d{0,14})'
const tail = '(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?'
const strict = new RegExp(`^v?${number}\\.${number}\\.${number}${tail}$`)
const loose = new RegExp(`^v?${number}(?:\\.${number})?(?:\\.${number})?${tail}$`)

/** Reads `1.2.3-pre+build`, with or without a leading `v`; undefined for anything else. */
export function parseVersion(text: string): Version | undefined {
  return read(strict, text)
}

/** Reads a version whose minor and patch may be missing, as zero. */
export function parseLooseVersion(text: string): Version | undefined {
  return read(loose, text)
}

/** Below zero when the first is earlier. A pre-release is earlier than its release. */
export function compareVersions(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || comparePrerelease(a.prerelease, b.prerelease)
}

function read(grammar: RegExp, text: string): Version | undefined {
  if (text.length > 256) return undefined
  const found = grammar.exec(text)
  if (found === null) return undefined
  const [, major, minor = '0', patch = '0', prerelease = ''] = found
  if (prerelease.split('.').some((part) => /^0\d+$/.test(part))) return undefined
  return { major: Number(major), minor: Number(minor), patch: Number(patch), prerelease, text }
}

function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    const order = compareParts(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** Numbers by value and before words; words by their bytes. */
function compareParts(a: string, b: string): number {
  if (a === b) return 0
  const aNumber = /^\d+$/.test(a)
  const bNumber = /^\d+$/.test(b)
  if (aNumber && bNumber) return a.length - b.length || (a < b ? -1 : 1)
  if (aNumber !== bNumber) return aNumber ? -1 : 1
  return a < b ? -1 : 1
}
