import { FailureError } from '@kedge/base'
import type { HelmIo } from '../helm/helm-io.ts'
import { templateCommand } from '../helm/template.ts'

const usage = `Usage: kedge helm COMMAND [flags]

  template [NAME] CHART   print what a chart renders to, as helm template does
`

/** Runs `kedge helm`; the answer is the exit code. */
export function helmCommand(args: readonly string[], io: HelmIo): Promise<number> {
  try {
    return Promise.resolve(run(args, io))
  } catch (error) {
    if (!(error instanceof FailureError))
      return Promise.reject(error instanceof Error ? error : new Error(String(error)))
    io.stderr(`Error: ${error.message}\n`)
    return Promise.resolve(1)
  }
}

function run(args: readonly string[], io: HelmIo): number {
  const [verb = '', ...rest] = args
  switch (verb) {
    case 'template':
      return templateCommand(rest, io)
    case '':
    case 'help':
    case '--help':
    case '-h':
      io.stdout(usage)
      return 0
    default:
      throw new FailureError({ code: 'FlagInvalid', message: `unknown command "${verb}" for "helm"` })
  }
}
