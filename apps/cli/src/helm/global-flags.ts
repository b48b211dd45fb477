import { FailureError } from '@kedge/base'
import type { Io } from '../io.ts'
import { parseFlags, type FlagSpec, type Flags } from './parse-flags.ts'

/** Flags of Go's logging of Kubernetes, which every helm command takes and no help tells of. */
const logFlags: Readonly<Record<string, FlagSpec>> = {
  'add-dir-header': { kind: 'boolean' },
  alsologtostderr: { kind: 'boolean' },
  alsologtostderrthreshold: { kind: 'text' },
  'legacy-stderr-threshold-behavior': { kind: 'boolean' },
  'log-backtrace-at': { kind: 'text' },
  'log-dir': { kind: 'text' },
  'log-file': { kind: 'text' },
  'log-file-max-size': { kind: 'text', value: 'unsigned' },
  logtostderr: { kind: 'boolean' },
  'one-output': { kind: 'boolean' },
  'skip-headers': { kind: 'boolean' },
  'skip-log-headers': { kind: 'boolean' },
  stderrthreshold: { kind: 'text' },
  v: { kind: 'text', short: 'v' },
  vmodule: { kind: 'text' },
}

/** Flags that every helm command takes; those about a cluster or about caches have no effect where none is used. */
export const globalFlags: Readonly<Record<string, FlagSpec>> = {
  'burst-limit': { kind: 'text', value: 'integer' },
  color: { kind: 'text' },
  colour: { kind: 'text' },
  'content-cache': { kind: 'text' },
  debug: { kind: 'boolean', variable: 'HELM_DEBUG' },
  help: { kind: 'boolean', short: 'h' },
  'kube-apiserver': { kind: 'text', variable: 'HELM_KUBEAPISERVER' },
  'kube-as-group': { kind: 'list', variable: 'HELM_KUBEASGROUPS' },
  'kube-as-user': { kind: 'text', variable: 'HELM_KUBEASUSER' },
  'kube-ca-file': { kind: 'text', variable: 'HELM_KUBECAFILE' },
  'kube-context': { kind: 'text', variable: 'HELM_KUBECONTEXT' },
  'kube-insecure-skip-tls-verify': { kind: 'boolean', variable: 'HELM_KUBEINSECURE_SKIP_TLS_VERIFY' },
  'kube-tls-server-name': { kind: 'text', variable: 'HELM_KUBETLS_SERVER_NAME' },
  'kube-token': { kind: 'text', variable: 'HELM_KUBETOKEN' },
  kubeconfig: { kind: 'text' },
  namespace: { kind: 'text', short: 'n', variable: 'HELM_NAMESPACE' },
  qps: { kind: 'text', value: 'float' },
  'registry-config': { kind: 'text', variable: 'HELM_REGISTRY_CONFIG' },
  'repository-cache': { kind: 'text' },
  'repository-config': { kind: 'text', variable: 'HELM_REPOSITORY_CONFIG' },
  ...logFlags,
}

/** The code of failures that helm's program logs and not its commands, without `Error:`. */
export const startFailure = 'HelmStartFailed'

/**
 * Reads the command line of a command together with the flags that all take and what the environment gives, and tells of
 * flags that are old. Throws FailureError.
 */
export function parseHelmFlags(
  args: readonly string[],
  specs: Readonly<Record<string, FlagSpec>>,
  io: Pick<Io, 'env' | 'stderr'>,
): Flags {
  const flags = parseFlags(args, { ...globalFlags, ...specs }, io.env)
  for (const mode of [...flags.list('color'), ...flags.list('colour')].slice(-1))
    if (!['never', 'auto', 'always'].includes(mode))
      throw new FailureError({
        code: startFailure,
        message: `invalid color mode ${JSON.stringify(mode)}: must be one of: never, auto, always`,
      })
  for (const notice of flags.notices) io.stderr(notice)
  return flags
}
