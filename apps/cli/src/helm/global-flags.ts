import type { FlagSpec } from './parse-flags.ts'

/** Flags that every helm command takes; those about a cluster or about caches have no effect where none is used. */
export const globalFlags: Readonly<Record<string, FlagSpec>> = {
  'burst-limit': { kind: 'text', value: 'integer' },
  color: { kind: 'text' },
  colour: { kind: 'text' },
  'content-cache': { kind: 'text' },
  debug: { kind: 'boolean' },
  help: { kind: 'boolean', short: 'h' },
  'kube-apiserver': { kind: 'text' },
  'kube-as-group': { kind: 'list' },
  'kube-as-user': { kind: 'text' },
  'kube-ca-file': { kind: 'text' },
  'kube-context': { kind: 'text' },
  'kube-insecure-skip-tls-verify': { kind: 'boolean' },
  'kube-tls-server-name': { kind: 'text' },
  'kube-token': { kind: 'text' },
  kubeconfig: { kind: 'text' },
  namespace: { kind: 'text', short: 'n' },
  qps: { kind: 'text', value: 'float' },
  'registry-config': { kind: 'text' },
  'repository-cache': { kind: 'text' },
  'repository-config': { kind: 'text' },
}
