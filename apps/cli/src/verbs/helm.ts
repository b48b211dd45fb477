import { FailureError } from '@kedge/base'
import type { Io } from '../io.ts'
import { commandOf } from '../helm/command-line.ts'
import { parseHelmFlags } from '../helm/global-flags.ts'
import { lintCommand } from '../helm/lint.ts'
import { showCommand } from '../helm/show.ts'
import { suggestions } from '../helm/suggestions.ts'
import { tellingFailures } from '../helm/tell-failure.ts'
import { verifyCommand } from '../helm/verify-chart.ts'
import { templateCommand } from '../helm/template.ts'

const usage = `Usage: kedge helm COMMAND [flags]

  template [NAME] CHART   print what a chart renders to, as helm template does
  lint PATH …             say what is wrong with charts, as helm lint does
  show PART CHART         print all, chart, crds, readme or values of a chart
  list                    list the releases of a cluster
  history RELEASE         list the revisions of a release
  dependency VERB CHART   build, list or update what a chart depends on
  verify ARCHIVE          check the signature that lies beside a chart's archive
  pull CHART              download a chart from a repository or a registry
  version                 print the version of helm that this stands in for
  get PART RELEASE        print all, values, manifest, notes, hooks or metadata of a release
`

type Command = (args: readonly string[], io: Io) => number | Promise<number>

/** Those that read a cluster or a repository are loaded when they run. */
const commands: Readonly<Record<string, () => Command | Promise<Command>>> = {
  dependency: async () => (await import('./helm-dependency.ts')).helmDependencyCommand,
  get: async () => (await import('./helm-get.ts')).helmGetCommand,
  history: async () => (await import('./helm-history.ts')).helmHistoryCommand,
  lint: () => lintCommand,
  list: async () => (await import('./helm-list.ts')).helmListCommand,
  pull: async () => (await import('./helm-pull.ts')).helmPullCommand,
  show: () => showCommand,
  template: () => templateCommand,
  verify: () => verifyCommand,
  version: async () => (await import('./helm-version.ts')).helmVersionCommand,
}

const aliases: Readonly<Record<string, string>> = {
  dep: 'dependency',
  dependencies: 'dependency',
  fetch: 'pull',
  hist: 'history',
  inspect: 'show',
  ls: 'list',
}

const changing = 'releases are changed through HelmRelease objects, or with helm itself'
const publishing = 'charts are packed and published with helm itself'
const keeping = 'repositories and logins are kept with helm itself, whose files are read here'

/** Commands of helm that are not here, and what to do instead. */
const refused: Readonly<Record<string, string>> = {
  completion: 'use kedge completion',
  create: 'charts are begun with helm itself',
  env: 'the variables that are read are in docs/reference/helm.md',
  install: changing,
  package: publishing,
  plugin: 'nothing is executed here, so there are no plugins',
  push: publishing,
  registry: keeping,
  repo: keeping,
  rollback: changing,
  search: 'charts are searched for with helm itself',
  status: 'use kedge helm get all, or kedge tree for the objects of a HelmRelease',
  test: changing,
  uninstall: changing,
  upgrade: changing,
}

/** Runs `kedge helm`; the answer is the exit code. */
export function helmCommand(args: readonly string[], io: Io): Promise<number> {
  return tellingFailures(io, async () => {
    const { name, rest } = commandOf(args)
    const load = lookUp(commands, lookUp(aliases, name) ?? name)
    if (load !== undefined) return (await load())(rest, io)
    return runWithout(name, rest, io)
  })
}

/** The value of a name; names that every object has are none. */
function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

function runWithout(name: string, rest: readonly string[], io: Io): number {
  if (name === '' || name === 'help') {
    if (name === '') parseHelmFlags(rest, {}, io)
    io.stdout(usage)
    return 0
  }
  const instead = lookUp(refused, name)
  if (instead !== undefined)
    throw new FailureError({ code: 'HelmRefused', message: `kedge helm has no ${name}: ${instead}` })
  const near = suggestions(name, [...Object.keys(commands), ...Object.keys(refused)])
  const hint = near.length === 0 ? '' : `\nDid you mean this?\n${near.map((one) => `\t${one}\n`).join('')}`
  throw new FailureError({
    code: 'FlagInvalid',
    message: `unknown command "${name}" for "helm"\n${hint}${hint === '' ? '' : '\n'}Run 'helm --help' for usage.`,
  })
}
