import { TemplateError, TemplateSet } from '@kedge/gotemplate'
import { helmFailure, runCommand } from '../helm/command.ts'
import type { FlagSpec } from '../helm/parse-flags.ts'
import type { Io } from '../io.ts'

const versionFlags: Readonly<Record<string, FlagSpec>> = { short: { kind: 'boolean' }, template: { kind: 'text' } }

/** What helm says of itself; of what there is only for a program of Go nothing is said. */
const fields = { Version: 'v4.3.1', GitCommit: '', GitTreeState: '', GoVersion: '', KubeClientVersion: 'v1.37' }

/** `kedge helm version`: the release of helm that is stood in for, as it names itself. The answer is the exit code. */
export function helmVersionCommand(args: readonly string[], io: Io): Promise<number> {
  return runCommand({ name: 'helm version', argument: '', flags: versionFlags }, { args, io }, (flags) => {
    const template = flags.text('template')
    if (template !== '') io.stdout(printed(template))
    else if (flags.boolean('short')) io.stdout(`${fields.Version}\n`)
    else {
      const texts = Object.entries(fields).map(([name, value]) => `${name}:${JSON.stringify(value)}`)
      io.stdout(`version.BuildInfo{${texts.join(', ')}}\n`)
    }
    return Promise.resolve()
  })
}

function printed(template: string): string {
  const set = new TemplateSet({ functions: {}, missingKey: 'default' })
  try {
    set.add('_', template)
    return set.execute('_', fields)
  } catch (error) {
    throw error instanceof TemplateError ? helmFailure(error.message) : error
  }
}
