/** The real helm and kedge fetch charts from the same repository and, where there is one, the same registry. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtProgram, helmPair, type HelmPair } from './helm-pair.ts'

const chartFiles = (name: string, version: string) => ({
  [`${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: ${version}\ndescription: x\n`,
  [`${name}/values.yaml`]: '# a comment\na: 1\n',
  [`${name}/templates/a.yaml`]: 'a: {{ .Values.a }}\n',
})

/** Every file below a folder with its content. */
function contents(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    names.map((entry) => {
      const file = path.join(entry.parentPath, entry.name)
      return [path.relative(folder, file), readFileSync(file).toString('base64')] as const
    }),
  )
}

describe('helm and kedge fetch charts', () => {
  let pair: HelmPair
  let server: Server
  let origin = ''
  let ociIndex = ''

  beforeAll(async () => {
    pair = helmPair()
    for (const version of ['1.0.0', '1.2.0', '2.0.0-rc.1']) {
      pair.write(chartFiles('web', version))
      await pair.helm('package', 'web', '-d', 'repo')
    }
    const repo = path.join(pair.folder, 'repo')
    server = createServer(({ url = '', headers }, response) => {
      const file = path.join(repo, path.basename(url.replace(/\?.*/, '')))
      const isGuarded = url.startsWith('/guarded/')
      const isMe = headers.authorization === `Basic ${Buffer.from('me:pw').toString('base64')}`
      if (url === '/oci/index.yaml') response.end(ociIndex)
      else if (isGuarded && !isMe) response.writeHead(401).end()
      else if (existsSync(file)) response.end(readFileSync(file))
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await pair.helm('repo', 'index', 'repo')
    await pair.helm('repo', 'add', 'known', `${origin}/guarded`, '--username', 'me', '--password', 'pw')
  })

  afterAll(() => {
    server.closeAllConnections()
    server.close()
    pair.close()
  })

  /** Runs a command line with both; each gets an empty folder. */
  const both = async (line: string) => {
    const words = line.replaceAll('ORIGIN', origin).split(' ')
    const results = []
    for (const run of [pair.helm, pair.kedge]) {
      const out = path.join(pair.folder, 'out')
      rmSync(out, { recursive: true, force: true })
      mkdirSync(out)
      const ran = await run(...words, '-d', 'out')
      results.push({ code: ran.code, out: ran.out, files: contents(out) })
    }
    return results
  }

  test.each([
    'pull web --repo ORIGIN',
    'pull web --repo ORIGIN --version 1.0.0',
    'pull web --repo ORIGIN --version ^1.0',
    'pull web --repo ORIGIN --devel',
    'pull web --repo ORIGIN/guarded --username me --password pw',
    'pull web --repo ORIGIN/guarded --username me --password wrong',
    'pull web --repo ORIGIN --version 9.9.9',
    'pull none --repo ORIGIN',
    'pull known/web',
    'pull unknown/web',
    'pull ORIGIN/web-1.0.0.tgz',
    'pull ORIGIN/web-9.0.0.tgz',
    'pull web --repo ORIGIN --untar',
  ])('%s', async (line) => {
    const [theirs, ours] = await both(line)
    expect(ours).toEqual(theirs)
  })

  const parent = (dependencies: string) => ({
    'parent/Chart.yaml': `apiVersion: v2\nname: parent\nversion: 0.1.0\n${dependencies.replaceAll('ORIGIN', origin)}`,
    ...Object.fromEntries(
      Object.entries(chartFiles('local', '0.3.0')).map(([name, text]) => [`parent/charts/${name}`, text]),
    ),
    'sibling/Chart.yaml': 'apiVersion: v2\nname: sibling\nversion: 3.0.0\n',
    'sibling/.helmignore': '*.bak\n',
    'sibling/x.bak': 'no',
    'sibling/templates/a.yaml': 'a: 1\n',
  })

  /** Runs command lines with both, each on a fresh copy of the chart, and tells what they said and left. */
  const bothOn = async (files: Readonly<Record<string, string>>, lines: readonly string[]) => {
    const results = []
    for (const run of [pair.helm, pair.kedge]) {
      for (const name of ['parent', 'sibling']) rmSync(path.join(pair.folder, name), { recursive: true, force: true })
      pair.write(files)
      const said = []
      for (const line of lines) {
        const { code, out, err } = await run(...line.split(' '))
        said.push({ line, code, out, failed: code === 0 ? '' : err })
      }
      const left = contents(path.join(pair.folder, 'parent'))
      const lock = Buffer.from(left['Chart.lock'] ?? '', 'base64').toString()
      const names = Object.keys(left).toSorted()
      results.push({ said, names, lock: lock.replace(/generated: .*/, 'generated: TIME') })
    }
    return results
  }

  test.each([
    ['none', ''],
    [
      'a repository',
      'dependencies:\n- {name: web, version: ^1.0.0, repository: "ORIGIN", tags: [a, b], alias: front}\n',
    ],
    [
      'two of one',
      'dependencies:\n- {name: web, version: 1.0.0, repository: "ORIGIN"}\n- {name: web, version: 1.0.0, repository: "ORIGIN", alias: b, condition: b.on}\n',
    ],
    ['a known repository', 'dependencies:\n- {name: web, version: "~1.0", repository: "@known"}\n'],
    ['a folder beside', 'dependencies:\n- {name: sibling, version: 3.x, repository: "file://../sibling"}\n'],
    ['one in charts', 'dependencies:\n- {name: local, version: ">0.1"}\n'],
    ['a wrong range', 'dependencies:\n- {name: sibling, version: 4.x, repository: "file://../sibling"}\n'],
    ['a missing folder', 'dependencies:\n- {name: sibling, version: 4.x, repository: "file://../none"}\n'],
  ])('dependencies: %s', async (_, dependencies) => {
    const lines = [
      'dependency list parent',
      'dependency update parent',
      'dependency list parent',
      'dependency build parent',
    ]
    const isUnmanaged = dependencies.includes('"ORIGIN"')
    // helm builds from repositories alone that were added to it; kedge from any.
    const [theirs, ours] = await bothOn(parent(dependencies), isUnmanaged ? lines.slice(0, 3) : lines)
    expect(ours).toEqual(theirs)
  })

  test('dependencies: a lock that is out of date is refused', async () => {
    const files = parent('dependencies:\n- {name: sibling, version: 3.x, repository: "file://../sibling"}\n')
    const stale = {
      ...files,
      'parent/Chart.lock': 'dependencies: []\ndigest: sha256:00\ngenerated: "2026-01-01T00:00:00Z"\n',
    }
    const [theirs, ours] = await bothOn(stale, [
      'dependency build parent',
      'dependency build none',
      'dependency list none',
    ])
    expect(ours).toEqual(theirs)
  })

  test('what kedge packs is a chart that helm renders', async () => {
    for (const name of ['parent', 'sibling']) rmSync(path.join(pair.folder, name), { recursive: true, force: true })
    pair.write(parent('dependencies:\n- {name: sibling, version: 3.x, repository: "file://../sibling"}\n'))
    expect((await pair.kedge('dependency', 'update', 'parent')).code).toBe(0)
    expect((await pair.helm('template', 'parent')).out).toContain(
      '# Source: parent/charts/sibling/templates/a.yaml\na: 1\n',
    )
  })

  describe('from a registry', () => {
    let registry: ChildProcess
    let host = ''

    beforeAll(async () => {
      const started = await startRegistry()
      registry = started.child
      host = started.host
      for (const version of ['1.0.0', '1.2.0', '2.0.0-rc.1'])
        await pair.helm('push', `repo/web-${version}.tgz`, `oci://${host}/charts`, '--plain-http')
    }, 30_000)

    afterAll(() => registry.kill())

    test('an index that points into a registry', async () => {
      ociIndex = `apiVersion: v1\nentries:\n  web:\n  - apiVersion: v2\n    name: web\n    version: 1.2.0\n    urls:\n    - oci://${host}/charts/web:1.2.0\n`
      const [theirs, ours] = await both('pull web --repo ORIGIN/oci --plain-http')
      expect(ours).toEqual(theirs)
    })

    test.each([
      'pull oci://HOST/charts/web --plain-http',
      'pull oci://HOST/charts/web --plain-http --version 1.0.0',
      'pull oci://HOST/charts/web:1.0.0 --plain-http',
      'pull oci://HOST/charts/web --plain-http --version ~1.1||~1.2',
      'pull oci://HOST/charts/web --plain-http --version >3',
      'pull oci://HOST/charts/none --plain-http --version 1.0.0',
      'pull oci://HOST/charts/web --plain-http --untar',
    ])('%s', async (line) => {
      const [theirs, ours] = await both(line.replace('HOST', host))
      expect(ours).toEqual(theirs)
    })

    test.each(['1.0.0', '^1.0.0'])('a dependency %s', async (range) => {
      const files = parent(`dependencies:\n- {name: web, version: "${range}", repository: "oci://${host}/charts"}\n`)
      const lines = [
        'dependency update parent --plain-http',
        'dependency list parent',
        'dependency build parent --plain-http',
      ]
      const [theirs, ours] = await bothOn(files, lines)
      expect(ours).toEqual(theirs)
    })
  })
})

/** Resolves when the registry says where it listens. */
function startRegistry(): Promise<{ readonly child: ChildProcess; readonly host: string }> {
  const child = spawn(builtProgram('KEDGE_TEST_REGISTRY'), [], { stdio: ['pipe', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`the registry ended with ${code}`)))
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve({ child, host: text.trim() }))
  })
}
