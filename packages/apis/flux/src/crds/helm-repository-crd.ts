import { type KubeObject } from '@kedge/manifest'

import { defineSource } from './define-source.ts'
import { readyColumns } from './definition.ts'
import {
  choice,
  flag,
  intervalPattern,
  list,
  map,
  nameRef,
  record,
  text,
  timeoutPattern,
  type Schema,
} from './schema.ts'

const accessFrom = record(
  'Who else may refer to the object; nothing reads this yet.',
  {
    namespaceSelectors: list(
      'Namespaces, by their labels.',
      record('A choice of namespaces.', { matchLabels: map('Labels that they have.') }),
    ),
  },
  { required: ['namespaceSelectors'] },
)

function specSchema(): Schema {
  const properties = {
    accessFrom,
    certSecretRef: nameRef('Secret with a client certificate (tls.crt, tls.key), an authority (ca.crt), or both.'),
    insecure: flag('Whether a registry is spoken to over plain HTTP; for type oci.'),
    interval: text('How often the index is looked at; 1m when not set.', { pattern: intervalPattern }),
    passCredentials: flag('Whether other hosts that the index names for charts are given the credentials too.'),
    provider: choice('How to authenticate with a registry; for type oci.', ['generic', 'aws', 'azure', 'gcp'], {
      default: 'generic',
    }),
    secretRef: nameRef('Secret with username and password, or with a docker config for type oci.'),
    suspend: flag('Whether reconciliation is off.'),
    timeout: text('How long one fetch may take; 60s when not set.', { pattern: timeoutPattern }),
    type: choice('A repository with an index, or a registry.', ['default', 'oci']),
    url: text('Address of the repository.', { pattern: '^(http|https|oci)://.*$' }),
  }
  return record('What is wanted.', properties, { required: ['url'] })
}

/** The definition of HelmRepository (source.toolkit.fluxcd.io). */
export function helmRepositoryCrd(): KubeObject {
  return defineSource({
    kind: 'HelmRepository',
    plural: 'helmrepositories',
    shortName: 'helmrepo',
    description: 'A repository of Helm charts.',
    columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, ...readyColumns],
    spec: specSchema(),
    status: {
      url: text('Where the present index can be had over HTTP.'),
    },
  })
}
