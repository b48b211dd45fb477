/** An API version of some kinds, when it was deprecated and removed, and what is used instead; empty for nothing. */
type Row = readonly [apiVersion: string, kinds: string, deprecatedIn: number, removedIn: number, replacement: string]

/** Facts of k8s.io/api 0.37 (Apache-2.0): minor versions of Kubernetes 1. */
const rows: readonly Row[] = [
  ['admissionregistration.k8s.io/v1alpha1', 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding', 29, 32, ''],
  ['admissionregistration.k8s.io/v1alpha1', 'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding', 35, 38, ''],
  [
    'admissionregistration.k8s.io/v1beta1',
    'MutatingWebhookConfiguration ValidatingWebhookConfiguration',
    16,
    22,
    'admissionregistration.k8s.io/v1',
  ],
  ['admissionregistration.k8s.io/v1beta1', 'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding', 31, 34, ''],
  [
    'admissionregistration.k8s.io/v1beta1',
    'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding',
    37,
    40,
    'admissionregistration.k8s.io/v1',
  ],
  ['apps/v1beta1', 'ControllerRevision Deployment DeploymentRollback StatefulSet', 8, 16, 'apps/v1'],
  ['apps/v1beta1', 'Scale', 8, 16, 'autoscaling/v1'],
  ['apps/v1beta2', 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet', 9, 16, 'apps/v1'],
  ['apps/v1beta2', 'Scale', 9, 16, 'autoscaling/v1'],
  ['authentication.k8s.io/v1alpha1', 'SelfSubjectReview', 29, 32, ''],
  ['authentication.k8s.io/v1beta1', 'TokenReview', 19, 22, 'authentication.k8s.io/v1'],
  ['authentication.k8s.io/v1beta1', 'SelfSubjectReview', 30, 33, ''],
  [
    'authorization.k8s.io/v1beta1',
    'LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview',
    19,
    22,
    'authorization.k8s.io/v1',
  ],
  ['batch/v1beta1', 'CronJob', 21, 25, 'batch/v1'],
  ['certificates.k8s.io/v1alpha1', 'ClusterTrustBundle', 34, 37, ''],
  ['certificates.k8s.io/v1beta1', 'CertificateSigningRequest', 19, 22, 'certificates.k8s.io/v1'],
  ['certificates.k8s.io/v1beta1', 'ClusterTrustBundle PodCertificateRequest', 37, 40, 'certificates.k8s.io/v1'],
  ['coordination.k8s.io/v1alpha2', 'LeaseCandidate', 35, 38, ''],
  ['coordination.k8s.io/v1beta1', 'Lease', 19, 22, 'coordination.k8s.io/v1'],
  ['coordination.k8s.io/v1beta1', 'LeaseCandidate', 36, 39, ''],
  ['discovery.k8s.io/v1beta1', 'EndpointSlice', 21, 25, 'discovery.k8s.io/v1'],
  ['events.k8s.io/v1beta1', 'Event', 22, 25, ''],
  ['extensions/v1beta1', 'Scale', 2, 16, ''],
  ['extensions/v1beta1', 'DaemonSet Deployment ReplicaSet', 8, 16, 'apps/v1'],
  ['extensions/v1beta1', 'DeploymentRollback', 8, 16, ''],
  ['extensions/v1beta1', 'NetworkPolicy', 9, 16, 'networking.k8s.io/v1'],
  ['extensions/v1beta1', 'Ingress', 14, 22, 'networking.k8s.io/v1'],
  [
    'flowcontrol.apiserver.k8s.io/v1beta1',
    'FlowSchema PriorityLevelConfiguration',
    23,
    26,
    'flowcontrol.apiserver.k8s.io/v1beta3',
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1beta2',
    'FlowSchema PriorityLevelConfiguration',
    26,
    29,
    'flowcontrol.apiserver.k8s.io/v1beta3',
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1beta3',
    'FlowSchema PriorityLevelConfiguration',
    29,
    32,
    'flowcontrol.apiserver.k8s.io/v1',
  ],
  ['lifecycle.k8s.io/v1alpha1', 'Eviction EvictionRequest', 40, 43, ''],
  ['networking.k8s.io/v1beta1', 'Ingress IngressClass', 19, 22, 'networking.k8s.io/v1'],
  ['networking.k8s.io/v1beta1', 'IPAddress ServiceCIDR', 34, 37, ''],
  ['node.k8s.io/v1beta1', 'RuntimeClass', 22, 25, ''],
  ['policy/v1beta1', 'PodDisruptionBudget', 21, 25, 'policy/v1'],
  ['policy/v1beta1', 'Eviction', 22, 25, ''],
  [
    'rbac.authorization.k8s.io/v1beta1',
    'ClusterRole ClusterRoleBinding Role RoleBinding',
    17,
    22,
    'rbac.authorization.k8s.io/v1',
  ],
  ['resource.k8s.io/v1alpha3', 'DeviceTaintRule', 36, 39, ''],
  ['resource.k8s.io/v1alpha3', 'ResourcePoolStatusRequest', 39, 42, ''],
  ['resource.k8s.io/v1beta1', 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice', 35, 38, ''],
  ['resource.k8s.io/v1beta2', 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice', 36, 39, ''],
  ['resource.k8s.io/v1beta2', 'DeviceTaintRule', 39, 42, ''],
  ['scheduling.k8s.io/v1beta1', 'PriorityClass', 14, 22, 'scheduling.k8s.io/v1'],
  ['scheduling.k8s.io/v1beta1', 'PodGroup Workload', 40, 43, ''],
  ['storage.k8s.io/v1alpha1', 'CSIStorageCapacity', 21, 24, 'storage.k8s.io/v1beta1'],
  ['storage.k8s.io/v1alpha1', 'VolumeAttachment', 21, 24, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1alpha1', 'VolumeAttributesClass', 32, 35, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSINode', 17, 22, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSIDriver StorageClass VolumeAttachment', 19, 22, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'CSIStorageCapacity', 24, 27, 'storage.k8s.io/v1'],
  ['storage.k8s.io/v1beta1', 'VolumeAttributesClass', 34, 37, 'storage.k8s.io/v1'],
  ['storagemigration.k8s.io/v1beta1', 'StorageVersionMigration', 37, 40, 'storagemigration.k8s.io/v1'],
]

const byKind: ReadonlyMap<string, Row> = new Map(
  rows.flatMap((row) => row[1].split(' ').map((kind) => [`${row[0]} ${kind}`, row] as const)),
)

/** What Kubernetes says of a kind whose API version is deprecated in a version (`v1.37.0`); undefined when it is not. */
export function deprecationOf(apiVersion: string, kind: string, kubeVersion: string): string | undefined {
  const row = byKind.get(`${apiVersion} ${kind}`) ?? byKind.get(`${apiVersion} ${kind.replace(/List$/, '')}`)
  const [, major = '0', minor = '0'] = /^v?(\d+)\.(\d+)/.exec(kubeVersion) ?? []
  if (row === undefined) return undefined
  const [, , deprecatedIn, removedIn, replacement] = row
  if (Number(major) < 1 || (Number(major) === 1 && Number(minor) < deprecatedIn)) return undefined
  const removed = removedIn === 0 ? '' : `, unavailable in v1.${removedIn}+`
  const instead = replacement === '' ? '' : `; use ${replacement} ${kind}`
  return `${apiVersion} ${kind} is deprecated in v1.${deprecatedIn}+${removed}${instead}`
}
