import { parseNode } from '@kedge/yaml'
import { buildFailure } from '../build-failure.ts'
import { Resource } from '../model/resource.ts'
import type { Scopes } from '../model/scopes.ts'

type Config = Readonly<Record<string, unknown>>

function textAt(config: Config, section: string, field: string): string {
  const inner = config[section]
  const value = typeof inner === 'object' && inner !== null ? (inner as Config)[field] : undefined
  return typeof value === 'string' ? value : ''
}

/** Makes the service account that an IAMPolicyGenerator binds to an account of a cloud. */
export function generateServiceAccount(config: Config, scopes: Scopes): Resource {
  if (config['cloud'] !== 'gke') {
    throw buildFailure('kustomize-invalid', `cloud provider ${String(config['cloud'])} not supported yet`)
  }
  const account = `${textAt(config, 'serviceAccount', 'name')}@${textAt(config, 'serviceAccount', 'projectId')}`
  const namespace = textAt(config, 'kubernetesService', 'namespace')
  // kustomize writes names into a text unchanged and reads that, so that a name may be anything but a string.
  const text = `apiVersion: v1
kind: ServiceAccount
metadata:
  annotations:
    iam.gke.io/gcp-service-account: ${account}.iam.gserviceaccount.com
  name: ${textAt(config, 'kubernetesService', 'name')}
${namespace === '' ? '' : `  namespace: ${namespace}\n`}`
  const node = parseNode(text)
  if (node?.kind !== 'map') throw buildFailure('kustomize-invalid', 'the names make no service account')
  return new Resource(node, { scopes })
}
