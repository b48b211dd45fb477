import { mapNode, plainScalar, stringScalar, type YamlNode } from '@kedge/yaml'
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
  const annotations = map({ 'iam.gke.io/gcp-service-account': stringScalar(`${account}.iam.gserviceaccount.com`) })
  const node = map({
    apiVersion: stringScalar('v1'),
    kind: stringScalar('ServiceAccount'),
    metadata: map({
      annotations,
      name: plainScalar(textAt(config, 'kubernetesService', 'name')),
      ...(namespace === '' ? {} : { namespace: plainScalar(namespace) }),
    }),
  })
  return new Resource(node, { scopes })
}

function map(fields: Readonly<Record<string, YamlNode>>): ReturnType<typeof mapNode> {
  return mapNode(Object.entries(fields).map(([key, value]) => ({ key: plainScalar(key), value })))
}
