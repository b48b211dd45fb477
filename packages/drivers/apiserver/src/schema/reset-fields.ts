import { emptyFieldSet, fieldSetOf, type FieldSet } from '@kedge/fields'

const status = fieldSetOf([['f:status']])
const spec = fieldSetOf([['f:spec']])
const specAndMetadata = fieldSetOf([['f:spec'], ['f:metadata']])

/** Kinds whose status endpoint takes no metadata either; `<group>/<kind>`, `*` for all kinds of a group. */
const statusOnly: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/*',
  'apiextensions.k8s.io/*',
  'certificates.k8s.io/PodCertificateRequest',
  'flowcontrol.apiserver.k8s.io/*',
  'networking.k8s.io/ServiceCIDR',
  'resource.k8s.io/*',
  'storage.k8s.io/*',
  'storagemigration.k8s.io/*',
])

/** Endpoints with rules of their own, `<group>/<kind>/<subresource>`. */
const exceptions: Readonly<Record<string, FieldSet>> = {
  'apps/Deployment/status': fieldSetOf([['f:spec'], ['f:metadata', 'f:labels']]),
  '/Pod/status': fieldSetOf([['f:spec'], ['f:metadata', 'f:deletionTimestamp'], ['f:metadata', 'f:ownerReferences']]),
  'certificates.k8s.io/CertificateSigningRequest/': fieldSetOf([['f:spec'], ['f:status']]),
  'certificates.k8s.io/CertificateSigningRequest/status': fieldSetOf([['f:spec'], ['f:status', 'f:conditions']]),
  'certificates.k8s.io/CertificateSigningRequest/approval': fieldSetOf([['f:spec'], ['f:status', 'f:certificate']]),
}

/** The fields that an endpoint resets, so that no manager comes to own them through it. */
export function resetFieldsOf(of: {
  readonly group: string
  readonly kind: string
  readonly subresource: string
  readonly hasStatus: boolean
  readonly custom: boolean
}): FieldSet {
  const exception = exceptions[`${of.group}/${of.kind}/${of.subresource}`]
  if (exception !== undefined) return exception
  if (!of.hasStatus) return emptyFieldSet
  switch (of.subresource) {
    case 'status':
      return of.custom || statusOnly.has(`${of.group}/*`) || statusOnly.has(`${of.group}/${of.kind}`)
        ? specAndMetadata
        : spec
    case '':
    case 'finalize':
      return status
    default:
      return emptyFieldSet
  }
}
