/** How strictly names that share a directory are compared. */
export type CollisionRule = 'allow' | 'refuse'

// Code points that HFS+ drops when it compares names, and the zero-width space that several tools drop too.
const invisible = /[\u200B-\u200F\u202A-\u202E\u206A-\u206F\uFEFF]/g

/**
 * Why a name may not stand in a tree, or undefined when it may: no separators, NUL or dot names, and nothing that some
 * file system takes for `.git` (case, HFS+ invisible characters, NTFS short name, trailing dots, spaces and streams).
 */
export function entryNameProblem(name: string): string | undefined {
  if (name === '') return 'is empty'
  if (name === '.' || name === '..') return 'is a dot name'
  if (name.includes('/') || name.includes('\\')) return 'contains a separator'
  if (name.includes('\0')) return 'contains NUL'
  if (name.length > 1024) return 'is longer than 1024 characters'
  if (!name.isWellFormed()) return 'is not valid Unicode'
  if (namesGitFolder(name)) return 'is taken for .git by some file systems'
  return undefined
}

/** The form under which names that a case-folding or normalising file system confuses are equal. */
export function collisionKey(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC')
}

function namesGitFolder(name: string): boolean {
  const folded = name.replace(invisible, '').toLowerCase()
  return /^(?:\.git|git~1)[ .]*(?::.*)?$/s.test(folded)
}

/** Compares two names in the byte order of their UTF-8 forms. */
export function compareNames(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return rank(x) - rank(y)
  }
  return a.length - b.length
}

/** UTF-16 order becomes code-point order once surrogates rank above all other units. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
