import { FailureError } from '@kedge/base'
import { ApiError } from '@kedge/manifest'
import type { Io } from '../io.ts'
import { lintCommand } from '../helm/lint.ts'
import { showCommand } from '../helm/show.ts'
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
  get PART RELEASE        print all, values, manifest, notes, hooks or metadata of a release
`

type Command = (args: readonly string[], io: Io) => Promise<number>

/** Commands that read a cluster or a repository; each is loaded when it runs. */
const remoteCommands: Readonly<Record<string, () => Promise<Command>>> = {
  get: async () => (await import('./helm-get.ts')).helmGetCommand,
  hist: async () => (await import('./helm-history.ts')).helmHistoryCommand,
  history: async () => (await import('./helm-history.ts')).helmHistoryCommand,
  dep: async () => (await import('./helm-dependency.ts')).helmDependencyCommand,
  dependencies: async () => (await import('./helm-dependency.ts')).helmDependencyCommand,
  dependency: async () => (await import('./helm-dependency.ts')).helmDependencyCommand,
  fetch: async () => (await import('./helm-pull.ts')).helmPullCommand,
  list: async () => (await import('./helm-list.ts')).helmListCommand,
  ls: async () => (await import('./helm-list.ts')).helmListCommand,
  pull: async () => (await import('./helm-pull.ts')).helmPullCommand,
}

/** Runs `kedge helm`; the answer is the exit code. */
export async function helmCommand(args: readonly string[], io: Io): Promise<number> {
  const [verb = '', ...rest] = args
  const load = Object.hasOwn(remoteCommands, verb) ? remoteCommands[verb] : undefined
  return load === undefined ? runHere(args, io) : (await load())(rest, io)
}

async function runHere(args: readonly string[], io: Io): Promise<number> {
  try {
    return await run(args, io)
  } catch (error) {
    if (!(error instanceof FailureError) && !(error instanceof ApiError)) throw error
    io.stderr(`Error: ${error.message}\n`)
    return 1
  }
}

function run(args: readonly string[], io: Io): number | Promise<number> {
  const [verb = '', ...rest] = args
  switch (verb) {
    case 'template':
      return templateCommand(rest, io)
    case 'lint':
      return lintCommand(rest, io)
    case 'show':
    case 'inspect':
      return showCommand(rest, io)
    case 'verify':
      return verifyCommand(rest, io)
    case '':
    case 'help':
    case '--help':
    case '-h':
      io.stdout(usage)
      return 0
    default:
      throw new FailureError({
        code: 'FlagInvalid',
        message: `unknown command "${verb}" for "helm"\nRun 'helm --help' for usage.`,
      })
  }
}
