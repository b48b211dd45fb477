import {
  type FileTree,
  type FilterMemo,
  type TreeNode,
  directoryNode,
  filterTree,
  locate,
  overlay,
  rootOf,
  treeOf,
  walkTree,
} from '@kedge/tree'
import { gitError } from '../git/git-failure.ts'
import { hostSha256 } from '../git/snapshot.ts'
import { type IgnorePattern, createIgnoreMatcher, parseIgnoreFile } from './ignore-pattern.ts'

/** What of a source becomes its artifact, as a Flux source says it. */
export interface ContentRules {
  /** Text of `spec.ignore`. */
  readonly ignore?: string
  /** Directories of which alone the files are taken; a leading `./` does not count. */
  readonly sparseCheckout?: readonly string[]
  /** Other artifacts, copied in. */
  readonly include?: readonly IncludedTree[]
}

/** An artifact that is copied into another: its `fromPath` takes the place of `toPath`. */
export interface IncludedTree {
  readonly tree: FileTree
  readonly fromPath: string
  readonly toPath: string
}

const vcsPatterns = ['.git/', '.gitignore', '.gitmodules', '.gitattributes']
const extensionPatterns = ['*.jpg', '*.jpeg', '*.gif', '*.png', '*.wmv', '*.flv', '*.tar.gz', '*.zip']
const pipelinePatterns = [
  '.github/',
  '.circleci/',
  '.travis.yml',
  '.gitlab-ci.yml',
  'appveyor.yml',
  '.drone.yml',
  'cloudbuild.yaml',
  'codeship-services.yml',
  'codeship-steps.yml',
]
const toolPatterns = ['**/.goreleaser.yml', '**/.sops.yaml', '**/.flux.yaml']
const maxIgnoreFile = 1024 * 1024

/**
 * The content of a Flux artifact: sparse directories, included artifacts, no links, and without what the ignore rules
 * leave out. Throws a GitError when a sparse directory or the source of an include is missing.
 */
export function selectContent(tree: FileTree, rules: ContentRules): FileTree {
  const sparse = keepSparse(tree, rules.sparseCheckout ?? [])
  const whole = (rules.include ?? []).reduce((into, included) => include(into, included), sparse)
  const { patterns, key } = ignorePatterns(whole, rules.ignore)
  const matcher = createIgnoreMatcher(patterns, 'flux')
  return filterTree(
    whole,
    ({ path, kind }) => kind !== 'link' && !matcher.excludes(path.split('/'), kind === 'directory'),
    { sha256: hostSha256, memo: memoFor(key) },
  )
}

/** Directories that were filtered before, by the text of all patterns: the next commit looks only at what it changed. */
const memos = new Map<string, FilterMemo>()
const maxMemos = 256

function memoFor(key: string): FilterMemo {
  const memo = memos.get(key) ?? new WeakMap()
  memos.delete(key)
  memos.set(key, memo)
  const [oldest] = memos.keys()
  if (memos.size > maxMemos && oldest !== undefined) memos.delete(oldest)
  return memo
}

/** Version control's own files are always left out; the defaults only where neither a file nor `spec.ignore` has a pattern. */
function ignorePatterns(
  tree: FileTree,
  ignore: string | undefined,
): { readonly patterns: readonly IgnorePattern[]; readonly key: string } {
  const files = [...ignoreFilesOf(tree), { domain: [], text: ignore ?? '' }]
  const given = files.flatMap(({ domain, text }) => parseIgnoreFile(text, domain, 'flux'))
  const standing =
    given.length > 0 ? vcsPatterns : [...vcsPatterns, ...extensionPatterns, ...pipelinePatterns, ...toolPatterns]
  const patterns = [...parseIgnoreFile(standing.join('\n'), [], 'flux'), ...given]
  return { patterns, key: hostSha256(Buffer.from(JSON.stringify(files))) }
}

interface IgnoreFile {
  readonly domain: readonly string[]
  readonly text: string
}

/** The `.sourceignore` files, outer before inner. */
function ignoreFilesOf(tree: FileTree): readonly IgnoreFile[] {
  const files: IgnoreFile[] = []
  for (const { path, file } of walkTree(tree, hostSha256)) {
    const names = path.split('/')
    if (file === undefined || names.at(-1) !== '.sourceignore') continue
    const bytes = file.bytes()
    if (bytes.length > maxIgnoreFile) throw gitError('LimitExceeded', `${path} is larger than 1 MiB`, 'shorten it')
    files.push({ domain: names.slice(0, -1), text: Buffer.from(bytes).toString('utf8') })
  }
  return files.toSorted((a, b) => a.domain.length - b.domain.length)
}

function keepSparse(tree: FileTree, directories: readonly string[]): FileTree {
  if (directories.length === 0) return tree
  const root = rootOf(tree, hostSha256)
  const wanted = directories.map((directory) => clean(directory))
  for (const directory of wanted) {
    if (locate(root, directory)?.node.kind === 'directory') continue
    throw gitError(
      'SparsePathNotFound',
      `the sparse checkout directory ${JSON.stringify(directory)} does not exist in this revision`,
      'correct spec.sparseCheckout',
    )
  }
  return filterTree(
    tree,
    ({ path }) => wanted.some((directory) => directory === '' || path.startsWith(`${directory}/`)),
    { sha256: hostSha256 },
  )
}

function clean(directory: string): string {
  return directory
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.$/, '')
}

function include(into: FileTree, { tree, fromPath, toPath }: IncludedTree): FileTree {
  const from = locate(rootOf(tree, hostSha256), fromPath)?.node
  if (from === undefined) {
    throw gitError('SparsePathNotFound', `the included artifact has no ${JSON.stringify(fromPath)}`, 'correct fromPath')
  }
  const cleared = overlay(into, new Map([[toPath, undefined]]), { sha256: hostSha256 })
  const names = toPath.split('/').filter((name) => name !== '' && name !== '.')
  if (names.length === 0 || names.includes('..')) {
    throw gitError('SparsePathNotFound', `toPath ${JSON.stringify(toPath)} is no path below the root`, 'correct toPath')
  }
  const marked = overlay(cleared, new Map([[toPath, { directory: true } as const]]), { sha256: hostSha256 })
  return treeOf(graft(rootOf(marked, hostSha256), names, from))
}

/** The directory with the node at the end of the names replaced. */
function graft(
  directory: ReturnType<typeof rootOf>,
  [name = '', ...rest]: readonly string[],
  node: TreeNode,
): ReturnType<typeof rootOf> {
  const inner = directory.entries.get(name)
  const replaced = rest.length === 0 ? node : inner?.kind === 'directory' ? graft(inner, rest, node) : node
  return directoryNode(
    [...directory.entries].map(([key, old]) => [key, key === name ? replaced : old] as const),
    hostSha256,
  )
}
