import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseYaml } from '@kedge/yaml'
import type { Io } from '../io.ts'
import type { Flags } from './parse-flags.ts'

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'
const maxKubeconfigBytes = 1024 * 1024

/**
 * The namespace of a command that needs no cluster: that of `-n` or HELM_NAMESPACE, else of the kubeconfig's context, else
 * of the ServiceAccount that this process runs with, else `default`. A kubeconfig that cannot be read names none.
 */
export function namespaceOf(flags: Flags, io: Pick<Io, 'cwd' | 'env'>): string {
  return flags.text('namespace') || contextNamespace(flags, io) || accountNamespace(io.env) || 'default'
}

/** Of several files the first that has a context of the name counts. */
function contextNamespace(flags: Flags, { cwd, env }: Pick<Io, 'cwd' | 'env'>): string {
  const files = kubeconfigFiles(flags, env)
    .map((file) => readKubeconfig(path.resolve(cwd, file)))
    .filter((file) => file !== undefined)
  const wanted =
    flags.text('kube-context') || (files.map((file) => textOf(file['current-context'])).find(isGiven) ?? '')
  const named = files
    .flatMap((file) => (Array.isArray(file['contexts']) ? (file['contexts'] as readonly unknown[]) : []))
    .map(fieldsOf)
    .find((entry) => entry['name'] === wanted)
  return textOf(fieldsOf(named?.['context'])['namespace'])
}

function kubeconfigFiles(flags: Flags, env: Io['env']): readonly string[] {
  if (flags.text('kubeconfig') !== '') return [flags.text('kubeconfig')]
  const listed = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter(isGiven)
  return listed.length > 0 ? listed : [path.join(env['HOME'] ?? '', '.kube', 'config')]
}

function readKubeconfig(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    if (!existsSync(file)) return undefined
    const text = readFileSync(file, 'utf8')
    return text.length > maxKubeconfigBytes ? undefined : fieldsOf(parseYaml(text))
  } catch {
    // Whoever only renders needs no cluster, so that a broken kubeconfig is no reason to fail.
    return undefined
  }
}

function accountNamespace(env: Io['env']): string {
  const isPod = isGiven(env['KUBERNETES_SERVICE_HOST'] ?? '') && isGiven(env['KUBERNETES_SERVICE_PORT'] ?? '')
  if (!isPod || !existsSync(path.join(accountFolder, 'token'))) return ''
  if (isGiven(env['POD_NAMESPACE'] ?? '')) return env['POD_NAMESPACE'] ?? ''
  const file = path.join(accountFolder, 'namespace')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isGiven(text: string): boolean {
  return text !== ''
}
