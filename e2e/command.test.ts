/** The command as a user runs it: a process of its own, the demo, and what goes wrong. */
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'

const kedge = path.resolve('apps/cli/bin/kedge.js')

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kedge-command-'))
})

function start(args: readonly string[], cwd: string): ChildProcessWithoutNullStreams {
  const env = { ...process.env, INIT_CWD: cwd, NO_COLOR: '1', KUBECONFIG: path.join(folder, 'none') }
  return spawn(process.execPath, [kedge, ...args], { cwd, env })
}

function run(args: readonly string[], cwd = folder): Promise<Ended> {
  const child = start(args, cwd)
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
}

/** `kedge up` in a folder of its own, once everything is ready there. */
async function startDemo(cwd: string): Promise<AsyncDisposable> {
  const child = start(['up'], cwd)
  const ended = new Promise((resolve) => child.once('close', resolve))
  const ready = new Promise<void>((resolve) => {
    let said = ''
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      if (said.includes('✔ 8 ready')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
  })
  await Promise.race([ready, ended])
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT')
      await ended
    },
  }
}

function edit(file: string, from: string, to: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').replace(from, to))
}

function repository(name: string, files: Readonly<Record<string, string>>): string {
  const repo = path.join(folder, name)
  execFileSync('git', ['init', '-q', '-b', 'trunk', repo])
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(repo, file), text)
  execFileSync('git', ['-C', repo, 'add', '-A'])
  execFileSync('git', ['-C', repo, '-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-qm', 'x'])
  return repo
}

test('up --once brings the demo up and ends with 0, and again from where it was', { timeout: 60_000 }, async () => {
  const first = await run(['up', '--once', '--data-dir', 'demo'])
  expect(first.stderr).toContain('✔ 8 ready')
  expect(first.code).toBe(0)
  expect(first.stdout.match(/✔ ready/g)).toHaveLength(8)
  const second = await run(['up', '--once', '--data-dir', 'demo'])
  expect([second.code, second.stdout]).toEqual([0, first.stdout])
})

test('up --once ends with 1 and names the file and line that is broken', { timeout: 60_000 }, async () => {
  const repo = repository('broken', {
    'good.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n',
    'bad.yaml': 'apiVersion: v1\nkind: [\n',
  })
  const ended = await run(['up', '--once', '--data-dir', 'd-broken', '--repo', repo])
  expect(ended.stderr).toMatch(/Kustomization\/broken: kustomize build failed: .*bad\.yaml/)
  expect(ended.code).toBe(1)
})

test('up --once follows the branch that a local repository is on', { timeout: 60_000 }, async () => {
  const repo = repository('trunk', { 'ns.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n' })
  const ended = await run(['up', '--once', '--data-dir', 'd-trunk', '--repo', repo])
  expect(ended.stdout).toContain('trunk@')
  expect(ended.code).toBe(0)
})

test(
  'a port that is taken, a repository and a kubeconfig that are not there end with 2 and say what to do',
  { timeout: 60_000 },
  async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { readonly port: number }
    const results = await Promise.all([
      run(['up', '--once', '--data-dir', 'd-port', '--port', String(port)]),
      run(['up', '--once', '--data-dir', 'd-repo', '--repo', './nowhere']),
      run(['up', '--once', '--data-dir', 'd-config', '--kubeconfig', './nowhere']),
      run(['get', 'ks']),
      run(['reconcile', 'ks/x', '--timeout', 'soon']),
    ])
    taken.close()
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(results.map(() => [2, '']))
    const said = results.map(({ stderr }) => stderr)
    expect(said[0]).toMatch(/port \d+ on this machine is taken; choose another with --port/)
    expect(said[1]).toMatch(/there is no Git repository at .*nowhere; name a folder/)
    expect(said[2]).toMatch(/kubeconfig .*nowhere cannot be read/)
    expect(said[3]).toMatch(/kubeconfig .*none cannot be read/)
    expect(said[4]).toMatch(/"soon" is no duration; write it as 30s/)
  },
)

test('an unknown command suggests the nearest and ends with 2', async () => {
  const ended = await run(['gett'])
  expect(ended.code).toBe(2)
  expect(ended.stderr).toContain('Did you mean get?')
})

test(
  'build and diff say what a HelmRelease brings and what files would change of it',
  { timeout: 60_000 },
  async () => {
    const cwd = path.join(folder, 'live')
    mkdirSync(cwd)
    await using _demo = await startDemo(cwd)
    const demo = path.join(cwd, '.kedge', 'demo')
    const built = await run(['build', 'hr/mailer'], cwd)
    expect([built.code, built.stderr]).toEqual([0, ''])
    expect(built.stdout).toMatch(/^---\n# Source: mailer\/templates\/config\.yaml\n/)
    expect(built.stdout).toContain('GREETING: Hello from a chart\n')
    const same = await run(['diff', 'hr/mailer'], cwd)
    expect(same).toEqual({ code: 0, stdout: '', stderr: 'no differences\n' })
    edit(path.join(demo, 'clusters/demo/mailer.yaml'), 'Hello from a chart', 'Hello again')
    const values = await run(['diff', 'hr/mailer', '--file', path.join(demo, 'clusters/demo/mailer.yaml')], cwd)
    expect(values.code).toBe(1)
    expect(values.stdout).toContain('► ConfigMap/mail/mail-mailer configured (mailer/templates/config.yaml)\n')
    expect(values.stdout).toContain('-  GREETING: Hello from a chart\n+  GREETING: Hello again\n')
    edit(path.join(demo, 'apps/mailer/values.yaml'), 'replicas: 1', 'replicas: 2')
    const repositoryDiff = await run(['diff', 'hr/mailer', '--path', demo], cwd)
    expect(repositoryDiff.code).toBe(1)
    expect(repositoryDiff.stdout).toContain('► Deployment/mail/mail-mailer configured')
    expect(repositoryDiff.stdout).toContain('-  replicas: 1\n+  replicas: 2\n')
    expect(repositoryDiff.stderr).toContain('the chart still has the version 0.1.0')
    const chartDiff = await run(['diff', 'hr/mailer', '--path', path.join(demo, 'apps/mailer')], cwd)
    expect(chartDiff).toEqual(repositoryDiff)
    const wrong = await Promise.all([
      run(['diff', 'hr/mailer', '--path', path.join(demo, 'policies')], cwd),
      run(['build', 'gitrepository/demo'], cwd),
      run(['diff', 'app/none'], cwd),
    ])
    expect(wrong.map(({ code, stdout }) => [code, stdout])).toEqual(wrong.map(() => [2, '']))
    expect(wrong[0]?.stderr).toContain('there is no Chart.yaml in policies')
    expect(wrong[1]?.stderr).toContain('GitRepository applies nothing that could be rendered')
    const version = await run(['get', 'hr', 'mailer', '-o', 'jsonpath={.status.history[*].version}'], cwd)
    expect(version.stdout).toBe('1')
  },
)
