/** What Kedge gives for a case, in process. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { templateHost } from '@kedge/cryptography'
import {
  TemplateSet,
  formatFloat,
  int64,
  parseTemplate,
  printNode,
  sprigFunctions,
  textToBytes,
  type GoValue,
} from '@kedge/gotemplate'
import { defaultApiVersions, loadChartFiles, renderChart, setValues, type Chart, type SetKind } from '@kedge/helm'
import { parseConstraint, parseVersion, satisfies } from '@kedge/semver'
import { helmCommand } from '../../../apps/cli/src/verbs/helm.ts'
import type { Case } from './case.ts'
import type { Answer } from './oracle.ts'

/** Kedge's answer; something that is no failure of a template is a panic. */
export async function ourAnswer(one: Case, folder: string): Promise<Answer> {
  try {
    if (one.kind === 'command') return await command(one, folder)
    return { out: encoded(solve(one)) }
  } catch (error) {
    if (!(error instanceof Error)) return { panic: String(error) }
    const isOurs = ['TemplateError', 'FailureError', 'VersionError'].includes(error.name)
    return isOurs ? { err: encoded(error.message) } : { panic: error.stack ?? error.message }
  }
}

function encoded(text: string): string {
  return Buffer.from(textToBytes(text)).toString('base64')
}

function solve(one: Exclude<Case, { kind: 'command' }>): string {
  switch (one.kind) {
    case 'text':
      return text(one)
    case 'parse':
      return parsed(one.tpl)
    case 'helm':
      return helm(one)
    case 'set':
      return set(one)
    case 'semver': {
      const constraint = parseConstraint(one.constraint)
      return String(satisfies(parseVersion(one.version), constraint))
    }
  }
}

const functions = sprigFunctions(templateHost())

function text({ tpl, data, missingKey }: Extract<Case, { kind: 'text' }>): string {
  const templates = new TemplateSet({ functions, missingKey: missingKey ?? 'default' })
  templates.add('t', tpl)
  return templates.execute('t', goValue(data))
}

const known = new Set(
  'printf and or not len index eq lt print default quote include list dict upper break continue'.split(' '),
)

function parsed(tpl: string): string {
  const tree = parseTemplate('t', tpl, { hasFunction: (word) => known.has(word) }).get('t')
  return tree === undefined ? '' : printNode(tree.body)
}

const capabilities = { kubeVersion: 'v1.37.0', apiVersions: defaultApiVersions, helmVersion: 'v4.3' }
const release = { name: 'rel', namespace: 'ns', revision: 1, isInstall: true, service: 'Helm' }
const host = templateHost()

function helm({ tpl, values, files = {} }: Extract<Case, { kind: 'helm' }>): string {
  const chart = chartOf({
    'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: 4.5.6\n',
    'templates/t': tpl,
    ...files,
  })
  const plain = plainValue(values) as Record<string, unknown>
  return renderChart({ chart, values: plain, release, capabilities }, { host }).get('c/templates/t') ?? ''
}

function chartOf(files: Readonly<Record<string, string>>): Chart {
  const all = Object.entries(files).map(([name, content]) => ({ name, bytes: new TextEncoder().encode(content) }))
  return loadChartFiles(all, { gunzip: (packed) => packed })
}

const setKinds: Readonly<Record<string, SetKind>> = {
  set: 'value',
  'set-string': 'string',
  'set-literal': 'literal',
  'set-file': 'file',
  'set-json': 'json',
}

function set({ fn, text: line, base = {} }: Extract<Case, { kind: 'set' }>): string {
  const values = plainValue(base) as Record<string, unknown>
  setValues(values, line, { kind: setKinds[fn] ?? 'value', readFile: (name) => `<${name}>` })
  return JSON.stringify(tagged(values))
}

async function command({ words, files }: Extract<Case, { kind: 'command' }>, folder: string): Promise<Answer> {
  rmSync(folder, { recursive: true, force: true })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), content)
  }
  let out = ''
  let errors = ''
  const io = {
    stdout: (written: string) => (out += written),
    stderr: (written: string) => (errors += written),
    cwd: folder,
    env: {},
    isTerminal: false,
    columns: 80,
  }
  try {
    const code = await helmCommand(words, io)
    // Warnings come before the error.
    return {
      out: encoded(out),
      ...(code === 0 ? {} : { err: encoded(errors.replace(/^.*?Error: /s, '').replace(/\n$/, '')) }),
    }
  } catch (error) {
    if (!(error instanceof Error)) return { panic: String(error) }
    const isOurs = ['TemplateError', 'FailureError', 'VersionError', 'RenderError'].includes(error.name)
    return isOurs ? { out: encoded(out), err: encoded(error.message) } : { panic: error.stack ?? error.message }
  }
}

/** JSON data with `{"$int64": "1"}` as int64. */
function goValue(value: unknown): GoValue {
  if (typeof value !== 'object' || value === null) return value as GoValue
  if (Array.isArray(value)) return value.map(goValue)
  const digits = int64Digits(value)
  if (digits !== undefined) return int64(BigInt(digits))
  return mapped(value, goValue) as GoValue
}

function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(plainValue)
  const digits = int64Digits(value)
  return digits === undefined ? mapped(value, plainValue) : BigInt(digits)
}

function int64Digits(value: object): string | undefined {
  return '$int64' in value && typeof value.$int64 === 'string' ? value.$int64 : undefined
}

function mapped(value: object, of: (inner: unknown) => unknown): Record<string, unknown> {
  const map = Object.create(null) as Record<string, unknown>
  for (const [key, inner] of Object.entries(value)) map[key] = of(inner)
  return map
}

/** Integers told from floats, keys in order. */
function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { $int64: String(value) }
  if (typeof value === 'number') return { $float64: formatFloat(value, 'g', -1) }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(tagged)
  const entries = Object.entries(value).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return mapped(Object.fromEntries(entries), tagged)
}
