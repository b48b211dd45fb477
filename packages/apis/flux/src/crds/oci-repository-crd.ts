import { type KubeObject } from '@kedge/manifest'

import { defineSource } from './define-source.ts'
import { readyColumns } from './definition.ts'
import { choice, flag, intervalPattern, nameRef, record, text, timeoutPattern, type Schema } from './schema.ts'
import { verificationSchema } from './verification-schema.ts'

const layerSelector = record('Which layer becomes the artifact; the first when not set.', {
  mediaType: text('The first layer of this media type.'),
  operation: choice('Whether it is unpacked, or kept as it is.', ['extract', 'copy']),
})

function specSchema(): Schema {
  const properties = {
    certSecretRef: nameRef('Secret with a client certificate (tls.crt, tls.key), an authority (ca.crt), or both.'),
    ignore: text('Patterns, as in .gitignore, of files that are left out of the artifact.'),
    insecure: flag('Whether the registry is spoken to over plain HTTP.'),
    interval: text('How often the registry is looked at.', { pattern: intervalPattern }),
    layerSelector,
    provider: choice('How to authenticate.', ['generic', 'aws', 'azure', 'gcp'], { default: 'generic' }),
    proxySecretRef: nameRef('Secret with the address and credentials of a proxy.'),
    ref: record('What to pull; of the fields set, the first in this order decides; tag latest when none is.', {
      digest: text('Digest of a manifest.'),
      semver: text('A range of versions that tags are matched against.'),
      semverFilter: text('Regular expression that tags must match to be looked at.'),
      tag: text('A tag.'),
    }),
    secretRef: nameRef('Secret of type kubernetes.io/dockerconfigjson.'),
    serviceAccountName: text('ServiceAccount whose pull secrets or identity are used.'),
    suspend: flag('Whether reconciliation is off.'),
    timeout: text('How long one operation may take.', { pattern: timeoutPattern, default: '60s' }),
    url: text('Address of the repository, without a tag.', { pattern: '^oci://.*$' }),
    verify: verificationSchema({
      trustedRootSecretRef: nameRef('Secret whose trusted_root.json describes a Sigstore of your own.'),
    }),
  }
  return record('What is wanted.', properties, { required: ['interval', 'url'] })
}

/** The definition of OCIRepository (source.toolkit.fluxcd.io). */
export function ociRepositoryCrd(): KubeObject {
  const [age, ...standing] = readyColumns
  return defineSource({
    kind: 'OCIRepository',
    plural: 'ocirepositories',
    shortName: 'ocirepo',
    description: 'A repository of artifacts in a container registry.',
    columns: [{ name: 'URL', type: 'string', jsonPath: '.spec.url' }, ...standing, ...(age === undefined ? [] : [age])],
    spec: specSchema(),
    status: {
      observedIgnore: text('The ignore patterns that made the artifact.'),
      observedLayerSelector: layerSelector,
      url: text('Where the present artifact can be had over HTTP.'),
    },
  })
}
