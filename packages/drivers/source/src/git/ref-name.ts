import { gitError } from './git-failure.ts'

/**
 * Whether Git accepts a full ref name (`git check-ref-format`): components that do not begin with a dot or end in
 * `.lock`, no `..`, `@{`, `//`, control characters, spaces or any of `~^:?*[\`, at least one slash unless `HEAD`.
 */
export function isRefName(name: string): boolean {
  return name.includes('/') ? isRefPath(name) : name === 'HEAD'
}

/** Whether a short branch or tag name is one that Git accepts after `refs/heads/` or `refs/tags/`. */
export function isShortRefName(name: string): boolean {
  return !name.startsWith('-') && name !== 'HEAD' && isRefPath(`refs/heads/${name}`)
}

function isRefPath(name: string): boolean {
  if (name.length > 1024 || !name.isWellFormed()) return false
  // oxlint-disable-next-line no-control-regex -- the grammar forbids control characters
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(name)) return false
  if (name.includes('..') || name.includes('@{') || name.endsWith('.')) return false
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
}

/** Which revision of a repository is meant; the last field that is set wins, as in Flux. None means branch `master`. */
export interface RefSpec {
  readonly branch?: string
  readonly tag?: string
  /** A range over the tags that are versions. */
  readonly semver?: string
  /** A full ref name, or `HEAD`. */
  readonly name?: string
  /** A full object id; with `branch` it is looked for on that branch. */
  readonly commit?: string
  /** Whatever a person may write: HEAD or empty, a branch, a tag, a full ref, a range over tags, a commit. */
  readonly any?: string
}

/** Throws `RefInvalid` for a name that Git does not accept, before anything is sent. */
export function checkRefSpec(ref: RefSpec): void {
  check(ref.branch, isShortRefName, 'branch')
  check(ref.tag, isShortRefName, 'tag')
  check(ref.name, isRefName, 'name')
  check(ref.commit, isObjectId, 'commit')
  check(ref.semver, isPlainText, 'semver')
  check(ref.any, isPlainText, 'revision')
}

/** A full object id: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits. */
export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

function isPlainText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  return text.length <= 1024 && text.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(text) && !text.startsWith('-')
}

function check(value: string | undefined, accepts: (value: string) => boolean, field: string): void {
  if (value === undefined || value === '' || accepts(value)) return
  const fix =
    field === 'commit' ? 'give the full object id in lower case' : 'give a name that git check-ref-format accepts'
  throw gitError('RefInvalid', `ref.${field} ${JSON.stringify(value.slice(0, 200))} is not valid`, fix)
}
