import { existsSync } from 'node:fs'
import path from 'node:path'
import { templateHost } from '@kedge/cryptography'
import { chartError, defaultApiVersions, lintChart, parseKubeVersion, type LintMessage } from '@kedge/helm'
import { globalFlags } from './global-flags.ts'
import type { HelmIo } from './helm-io.ts'
import { loadNamedChart } from './load-chart.ts'
import { parseFlags, type Flags, type FlagSpec } from './parse-flags.ts'
import { valueFlags, valuesOfFlags } from './value-flags.ts'

const lintFlags: Readonly<Record<string, FlagSpec>> = {
  ...globalFlags,
  ...valueFlags,
  'kube-version': { kind: 'text' },
  quiet: { kind: 'boolean' },
  'skip-schema-validation': { kind: 'boolean' },
  strict: { kind: 'boolean' },
}

/** `helm lint PATH …`: says what is wrong with charts; fails when one has errors. */
export function lintCommand(args: readonly string[], io: HelmIo): number {
  const flags = parseFlags(args, lintFlags)
  if (flags.boolean('help')) {
    io.stdout('Usage: kedge helm lint PATH … [flags]\n\nSays what is wrong with charts, as helm lint does.\n')
    return 0
  }
  const paths = flags.positionals.length === 0 ? ['.'] : flags.positionals
  const values = valuesOfFlags(flags, io.cwd)
  let failed = 0
  let noticed = 0
  for (const name of paths) {
    const messages = lintOne(name, { flags, values, cwd: io.cwd })
    const bad = messages.filter(({ severity }) => severity !== 'INFO')
    if (bad.length > 0) noticed += 1
    if (bad.some(({ severity }) => severity === 'ERROR' || flags.boolean('strict'))) failed += 1
    const shown = flags.boolean('quiet') ? bad : messages
    if (flags.boolean('quiet') && bad.length === 0) continue
    const lines = shown.map(({ severity, path: at, text }) => `[${severity}] ${at}: ${text}\n`)
    io.stdout(`==> Linting ${name}\n${lines.join('')}\n`)
  }
  const summary = `${paths.length} chart(s) linted, ${failed} chart(s) failed`
  if (failed > 0) throw chartError(summary)
  if (!flags.boolean('quiet') || noticed > 0) io.stdout(`${summary}\n`)
  return 0
}

function lintOne(
  name: string,
  on: { readonly flags: Flags; readonly values: Readonly<Record<string, unknown>>; readonly cwd: string },
): readonly LintMessage[] {
  const { flags, values, cwd } = on
  const at = path.resolve(cwd, name)
  if (!/\.(?:tgz|tar\.gz)$/.test(name) && !existsSync(path.join(at, 'Chart.yaml')))
    throw chartError(
      `unable to check Chart.yaml file in chart: stat ${path.join(name, 'Chart.yaml')}: no such file or directory`,
    )
  const given = flags.text('kube-version')
  const kubeVersion = given === '' ? 'v1.37.0' : parseKubeVersion(given)
  if (kubeVersion === undefined) throw chartError(`invalid kube version '${given}'`)
  const namespace = flags.text('namespace')
  return lintChart(
    {
      load: () => loadNamedChart(name, cwd, () => undefined),
      folder: at,
      values,
      namespace: namespace === '' ? 'default' : namespace,
      capabilities: { kubeVersion, apiVersions: defaultApiVersions, helmVersion: 'v4.3' },
    },
    { host: templateHost(), skipSchemaValidation: flags.boolean('skip-schema-validation') },
  )
}
