import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { main } from '../main.ts'

const files = {
  'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.0.0\n',
  'web/crds/foo.yaml': 'kind: CustomResourceDefinition\n',
  'web/templates/a.yaml': 'a: {{ .Values.a }} in {{ .Release.Namespace }}\n',
  'web/templates/hook.yaml': 'metadata: {name: h, annotations: {helm.sh/hook: test}}\n',
  'bad/Chart.yaml': 'apiVersion: v2\nname: bad\nversion: 1.0.0\n',
  'bad/templates/a.yaml': 'a: [\n',
  'bad/templates/b.yaml': 'b: {{ .Release.Name }}\n',
  'parent/Chart.yaml':
    'apiVersion: v2\nname: parent\nversion: 1.0.0\ndependencies:\n- {name: dep, version: 0.x, repository: "file://../dep"}\n',
  'dep/Chart.yaml': 'apiVersion: v2\nname: dep\nversion: 0.2.0\n',
  'dep/templates/d.yaml': 'd: 1\n',
  'no/file': '',
  'v.yaml': 'a: file\n',
}

let cwd = ''

beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'kedge-helm-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true })
    writeFileSync(path.join(cwd, name), text)
  }
  return () => rmSync(cwd, { recursive: true })
})

interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const ran = { out: '', err: '' }
  const code = await main(['helm', ...line.split(' ')], {
    stdout: (text) => void (ran.out += text),
    stderr: (text) => void (ran.err += text),
    cwd,
    env: { HOME: cwd, ...env },
    isTerminal: false,
    columns: 80,
  })
  return { code, ...ran }
}

test.each([
  ['', 'default'],
  ['environment', 'environment'],
])('HELM_NAMESPACE %j renders for the namespace %s', async (given, namespace) => {
  expect((await run('template web -s templates/a.yaml', { HELM_NAMESPACE: given })).out).toContain(` in ${namespace}\n`)
})

test.each([
  ['--atomic', 'Flag --atomic has been deprecated, use --rollback-on-failure instead\n'],
  ['--force', 'Flag --force has been deprecated, use --force-replace instead\n'],
  [
    '--hide-notes',
    "Flag --hide-notes has been deprecated, this flag has no effect for 'helm template' and will be removed in Helm 5\n",
  ],
  [
    '--wait=true',
    'level=WARN msg="--wait=true is deprecated (boolean value) and can be replaced with --wait=watcher"\n',
  ],
  ['--wait', ''],
  ['-v 4 --skip-headers', ''],
])('template %s renders and tells %j', async (flags, told) => {
  const { code, err } = await run(`template web ${flags}`)
  expect({ code, err }).toEqual({ code: 0, err: told })
})

test.each([
  [
    'templat',
    'unknown command "templat" for "helm"\n\nDid you mean this?\n\ttemplate\n\nRun \'helm --help\' for usage.',
  ],
  ['frobnicate', 'unknown command "frobnicate" for "helm"\nRun \'helm --help\' for usage.'],
  ['install x web', 'kedge helm has no install: releases are changed through HelmRelease objects, or with helm itself'],
  ['--nope', 'unknown flag: --nope'],
  ['get --nope', 'unknown flag: --nope'],
  [
    'template no',
    (folder: string) =>
      `unable to detect chart at ${folder}/no/Chart.yaml: open ${folder}/no/Chart.yaml: no such file or directory`,
  ],
  ['template none -f none.yaml', 'non-absolute URLs should be in form of repo_name/path_to_chart, got: none'],
  ['template web -f no', 'read no: is a directory'],
  [
    'template web --ca-file none',
    'missing registry client: can\'t create TLS config for client: can\'t read CA file: "none": open none: no such file or directory',
  ],
  [
    'template web --force --force-conflicts',
    'if any flags in the group [force force-conflicts] are set none of the others can be; [force force-conflicts] were all set',
  ],
  ['template parent --output-dir v.yaml', /^Error: an error occurred while checking for chart dependencies/],
  ['template web --output-dir v.yaml', (folder: string) => `mkdir ${folder}/v.yaml/web/templates: not a directory`],
  ['template web --output-dir out -s templates/a.yaml', 'could not find template templates/a.yaml in chart'],
  [
    'template web --kube-version v01.30',
    'invalid kube version \'v01.30\': illegal zero-prefixed version component "01" in "v01.30"',
  ],
  ['dependency update parent/Chart.yaml', 'only unpacked charts can be updated'],
  ['pull ftp://x/y.tgz', 'scheme "ftp" not supported'],
  ['show values web --jsonpath', 'flag needs an argument: --jsonpath'],
  ['show chart web --jsonpath {.a}', 'unknown flag: --jsonpath'],
])('%s fails', async (line, wanted) => {
  const { code, err } = await run(line)
  expect(code).toBe(1)
  if (wanted instanceof RegExp) expect(err).toMatch(wanted)
  else
    expect(
      err
        .split('\n')
        .filter((text) => !text.startsWith('Flag '))
        .join('\n'),
    ).toBe(`Error: ${typeof wanted === 'string' ? wanted : wanted(cwd)}\n`)
})

test.each(['get', 'get nope', 'show nope', 'dependency', 'dep -n x', 'help', '--debug', '-- template web'])(
  '%s says what there is, and is content',
  async (line) => {
    expect(await run(line)).toEqual({ code: 0, err: '', out: expect.stringMatching(/^Usage: /) })
  },
)

test('flags may stand before the command', async () => {
  expect((await run('--debug=false -n x template web -s templates/a.yaml')).out).toContain(' in x\n')
})

test('a colour mode that there is not ends every command', async () => {
  expect(await run('template web --color x')).toEqual({
    code: 1,
    out: '',
    err: 'level=WARN msg="command failed" error="invalid color mode \\"x\\": must be one of: never, auto, always"\n',
  })
})

test('files go below the name of the release with --release-name, except for CRDs', async () => {
  const { out } = await run('template rel web --output-dir out --release-name --include-crds')
  expect(out).toBe(
    ['web/crds/foo.yaml', 'rel/web/templates/a.yaml', 'rel/web/templates/hook.yaml']
      .map((file) => `wrote out/${file}\n`)
      .join('') + '\n',
  )
  expect(readFileSync(path.join(cwd, 'out/web/crds/foo.yaml'), 'utf8')).toBe(
    '---\n# Source: web/crds/foo.yaml\nkind: CustomResourceDefinition\n\n',
  )
})

test('with --debug, what was rendered is printed although it is no YAML', async () => {
  const { code, out, err } = await run('template rel bad', { HELM_DEBUG: 'true' })
  expect({ code, out }).toEqual({
    code: 1,
    out: '---\n# Source: bad/templates/a.yaml\na: [\n\n---\n# Source: bad/templates/b.yaml\nb: rel\n',
  })
  expect(err).toMatch(/^Error: YAML parse error on bad\/templates\/a.yaml: /m)
  expect(await run('template rel bad')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/Use --debug flag to render out invalid YAML\n$/),
  })
})

test('--dependency-update brings what is missing', async () => {
  expect(await run('template parent --dependency-update')).toEqual({
    code: 0,
    err: '',
    out: 'Saving 1 charts\nDeleting outdated charts\n---\n# Source: parent/charts/dep/templates/d.yaml\nd: 1\n',
  })
  expect(existsSync(path.join(cwd, 'parent/charts/dep-0.2.0.tgz'))).toBe(true)
})

test.each([
  ['0.x', 'sha256:00', 'is out of sync'],
  ['9.x', '', `can't get a valid version for 1 subchart(s): "dep" (repository "file://../dep", version "9.x").`],
  ['~~', '', 'dependency "dep" has an invalid version/constraint format: improper constraint: "~~"'],
])('a dependency %s with the lock %j fails', async (range, digest, why) => {
  const metadata = files['parent/Chart.yaml'].replace('0.x', range)
  writeFileSync(path.join(cwd, 'parent/Chart.yaml'), metadata)
  if (digest !== '') writeFileSync(path.join(cwd, 'parent/Chart.lock'), `dependencies: []\ndigest: ${digest}\n`)
  const { code, err } = await run('dependency build parent')
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(why) })
})

test('a lock of Helm 2 is as good as one of Helm 3', async () => {
  const requirements = 'dependencies:\n- {name: dep, version: 0.x, repository: "file://../dep"}\n'
  const lock = (digest: string): string =>
    `dependencies:\n- {name: dep, version: 0.2.0, repository: "file://../dep"}\ndigest: ${digest}\n`
  writeFileSync(path.join(cwd, 'parent/Chart.yaml'), 'apiVersion: v1\nname: parent\nversion: 1.0.0\n')
  writeFileSync(path.join(cwd, 'parent/requirements.yaml'), requirements)
  const json = '{"dependencies":[{"name":"dep","version":"0.x","repository":"file://../dep"}]}'
  writeFileSync(
    path.join(cwd, 'parent/requirements.lock'),
    lock(`sha256:${createHash('sha256').update(json).digest('hex')}`),
  )
  expect(await run('dependency build parent')).toEqual({
    code: 0,
    out: 'Saving 1 charts\nDeleting outdated charts\n',
    err: 'level=INFO msg="warning: a valid Helm v3 hash was not found. Checking against Helm v2 hash..."\n',
  })
})

test('values files, and files of --set-file, may lie at addresses', async () => {
  const server = createServer(({ url }, response) => {
    if (url === '/moved.yaml') response.writeHead(302, { location: '/v.yaml' }).end()
    else if (url === '/v.yaml') response.end('a: far\n')
    else if (url === '/text') response.end('plain')
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const shown = async (flags: string): Promise<string> => {
    const { out, err } = await run(`template web -s templates/a.yaml ${flags}`)
    return err === '' ? (out.split('\n')[2] ?? '') : err
  }
  expect(await shown(`-f v.yaml -f ${origin}/moved.yaml`)).toBe('a: far in default')
  expect(await shown(`-f ${origin}/v.yaml,v.yaml`)).toBe('a: file in default')
  expect(await shown(`--set-file a=${origin}/text`)).toBe('a: plain in default')
  expect(await shown(`-f ${origin}/none.yaml`)).toBe(`Error: failed to fetch ${origin}/none.yaml : 404 Not Found\n`)
  expect(await shown('-f http://me:secret@127.0.0.1:1/v.yaml')).toContain('Get "http://***@127.0.0.1:1/v.yaml": ')
  expect(await shown(`-f ${origin.replace('//', '//me:secret@')}/none.yaml`)).toContain('//***@127.0.0.1')
  expect(await shown('-f http://127.0.0.1:1/v.yaml')).toBe(
    'Error: Get "http://127.0.0.1:1/v.yaml": dial tcp 127.0.0.1:1: connect: connection refused\n',
  )
})
