import { FailureError } from '@kedge/base'
import type { CopyStep } from '@kedge/flux'
import { packArtifact } from '@kedge/source'
import { treeFromFiles, walkTree, type FileTree } from '@kedge/tree'
import { expect, test } from 'vitest'

import { composeArtifact } from './generator-copy.ts'

const source = treeFromFiles({
  'readme.md': 'top',
  'apps/base/one.yaml': 'one',
  'apps/base/deep/two.yaml': 'two',
  'apps/base/deep/notes.md': 'notes',
  'apps/base/run.sh': { content: 'run', executable: true },
  'apps/empty': { directory: true },
  'apps/link.yaml': { link: 'base/one.yaml' },
  'values.yaml': 'a: 1\nb: {c: 2, d: [1]}\n',
})

type Step = readonly [from: string, to: string, rest?: Partial<CopyStep>]

async function compose(steps: readonly Step[], tree: FileTree = source): Promise<Record<string, string>> {
  const copy = steps.map(([from, to, rest]) => {
    return { from: `@git/${from}`, to: `@artifact/${to}`, exclude: [], strategy: 'Overwrite' as const, ...rest }
  })
  const artifact = { name: 'out', revision: undefined, originRevision: undefined, copy, labels: {} }
  const made = await composeArtifact(artifact, (alias) => (alias === 'git' ? tree : undefined))
  const files: Record<string, string> = {}
  for (const { path, file } of walkTree(made))
    files[file === undefined ? `${path}/` : path] =
      file === undefined ? '' : `${file.executable ? '*' : ''}${new TextDecoder().decode(file.bytes())}`
  return files
}

const namesOf = async (steps: readonly Step[]) =>
  Object.keys(await compose(steps)).filter((name) => !name.endsWith('/'))

test.each<[string, readonly Step[], readonly string[]]>([
  [
    'a directory keeps its name',
    [['apps/base', '']],
    ['base/deep/notes.md', 'base/deep/two.yaml', 'base/one.yaml', 'base/run.sh'],
  ],
  [
    'a slash at the end changes nothing',
    [['apps/base/', 'x']],
    ['x/base/deep/notes.md', 'x/base/deep/two.yaml', 'x/base/one.yaml', 'x/base/run.sh'],
  ],
  ['/** strips the directory', [['apps/base/**', '']], ['deep/notes.md', 'deep/two.yaml', 'one.yaml', 'run.sh']],
  ['other patterns keep the path', [['apps/*/*.yaml', 'x/']], ['x/apps/base/one.yaml']],
  ['a file goes into a directory', [['readme.md', 'docs/']], ['docs/readme.md']],
  ['a file takes another name', [['readme.md', 'docs']], ['docs']],
  [
    'a file goes into a directory that is there',
    [
      ['apps/base/**', 'docs/'],
      ['readme.md', 'docs'],
    ],
    ['docs/deep/notes.md', 'docs/deep/two.yaml', 'docs/one.yaml', 'docs/readme.md', 'docs/run.sh'],
  ],
  [
    'patterns without a slash exclude by name',
    [['apps/base/**', '', { exclude: ['*.md'] }]],
    ['deep/two.yaml', 'one.yaml', 'run.sh'],
  ],
  [
    'patterns exclude by path in the source',
    [['apps/base', '', { exclude: ['apps/base/deep/**'] }]],
    ['base/one.yaml', 'base/run.sh'],
  ],
  [
    'patterns exclude by path in the selection',
    [['apps/base/**', '', { exclude: ['deep/**'] }]],
    ['one.yaml', 'run.sh'],
  ],
  [
    'an excluded file is passed over',
    [
      ['readme.md', '', { exclude: ['*.md'] }],
      ['values.yaml', ''],
    ],
    ['values.yaml'],
  ],
  [
    'links are left out',
    [['apps/*', '']],
    ['apps/base/deep/notes.md', 'apps/base/deep/two.yaml', 'apps/base/one.yaml', 'apps/base/run.sh'],
  ],
])('[GA3] %s', async (_title, steps, names) => {
  expect(await namesOf(steps)).toEqual(names)
})

test('[GA3] everything of a source is what its root holds, empty directories and modes too, but for links', async () => {
  expect(await compose([['', '']])).toEqual({
    'readme.md': 'top',
    'apps/': '',
    'apps/base/': '',
    'apps/base/deep/': '',
    'apps/base/deep/notes.md': 'notes',
    'apps/base/deep/two.yaml': 'two',
    'apps/base/one.yaml': 'one',
    'apps/base/run.sh': '*run',
    'apps/empty/': '',
    'values.yaml': 'a: 1\nb: {c: 2, d: [1]}\n',
  })
})

test('[GA4] later files win, and are merged as Helm merges values when asked', async () => {
  const over = treeFromFiles({
    'one/values.yaml': 'a: 1\nb: {c: 2, d: [1]}\n',
    'two/values.yaml': 'b:\n  d: [2]\n---\nb:\n  e: null\n',
  })
  const steps = (strategy: CopyStep['strategy']): readonly Step[] => [
    ['one/values.yaml', ''],
    ['two/values.yaml', '', { strategy }],
  ]
  expect(await compose(steps('Overwrite'), over)).toEqual({ 'values.yaml': 'b:\n  d: [2]\n---\nb:\n  e: null\n' })
  expect(await compose(steps('Merge'), over)).toEqual({
    'values.yaml': 'a: 1\nb:\n  c: 2\n  d:\n  - 2\n  e: null\n',
  })
})

test('[GA5] archives are unpacked, others passed over under a pattern', async () => {
  const { bytes } = await packArtifact(treeFromFiles({ 'in/file.yaml': 'x' }))
  const tree = treeFromFiles({ 'charts/a/b.tgz': bytes, 'charts/readme.md': 'r', 'charts/C.TAR.GZ': bytes })
  const extract = { strategy: 'Extract' } as const
  const unpacked = { 'x/': '', 'x/in/': '', 'x/in/file.yaml': 'x' }
  expect(await compose([['charts/**/*', 'x/', extract]], tree)).toEqual(unpacked)
  expect(await compose([['charts/C.TAR.GZ', 'x', extract]], tree)).toEqual(unpacked)
})

const broken: readonly (readonly [string, Step, string])[] = [
  ['what is not there', ['none', ''], "source 'none' does not exist"],
  ['what leaves the source', ['../x', ''], "source '..' does not exist"],
  ['what leaves the artifact', ['readme.md', '../x'], 'the destination leaves the artifact'],
  ['a pattern without matches', ['none/*', ''], "no files match pattern 'none/*' in source 'git'"],
  ['a broken pattern', ['[a', ''], "invalid glob pattern '[a'"],
  [
    'a pattern of which nothing is left',
    ['*.md', '', { exclude: ['*'] }],
    "all files matching pattern '*.md' in source 'git' were excluded",
  ],
  ['a broken exclusion', ['readme.md', '', { exclude: ['[a'] }], "invalid exclude pattern '[a'"],
  ['another alias', ['', '', { from: '@other/x' }], "source alias 'other' not found"],
  ['a source without a path', ['', '', { from: '@git' }], "source format must be '@alias/pattern'"],
  ['a destination elsewhere', ['', '', { to: '@git/x' }], "destination must start with '@artifact/'"],
  [
    'a directory to be unpacked',
    ['apps', '', { strategy: 'Extract' }],
    "extract strategy is not supported for directories, got 'apps'",
  ],
  [
    'a file that is no archive',
    ['readme.md', '', { strategy: 'Extract' }],
    "extract strategy requires tarball file (.tar.gz or .tgz), got 'readme.md'",
  ],
]

test.each(broken)('[GA3] %s is refused', async (_title, step, message) => {
  const made = compose([step])
  await expect(made).rejects.toThrow(FailureError)
  await expect(made).rejects.toThrow(`: ${message}`)
})

test('[GA3] a file cannot be where a directory is, nor the other way round', async () => {
  await expect(
    compose([
      ['readme.md', 'apps'],
      ['apps', ''],
    ]),
  ).rejects.toThrow("'apps' is a file and not a directory")
  await expect(
    compose([
      ['apps/base/**', ''],
      ['apps/base/one.yaml', 'one.yaml/x'],
    ]),
  ).rejects.toThrow("'one.yaml' is a file and not a directory")
})

test('[GA4] what is no map cannot be merged', async () => {
  const tree = treeFromFiles({ 'a.yaml': 'a: 1\n', 'b/a.yaml': '- 1\n' })
  await expect(
    compose(
      [
        ['a.yaml', ''],
        ['b/a.yaml', '', { strategy: 'Merge' }],
      ],
      tree,
    ),
  ).rejects.toThrow('a.yaml:1: cannot be merged, since it is no map')
})
