import type { KubeObject } from '@kedge/manifest'
import { expect, test } from 'vitest'

import { assessHealth } from './assess-health.ts'

type Case = readonly [name: string, kind: string, body: Record<string, unknown>, status: string, message: string]

const condition = (type: string, status: string, reason = '', message = ''): Record<string, string> => ({
  type,
  status,
  reason,
  message,
})
const rolledOut = { replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 }
const available = [condition('Available', 'True'), condition('Progressing', 'True', 'NewReplicaSetAvailable')]

function deployment(status: Record<string, unknown>, spec: Record<string, unknown> = {}): Record<string, unknown> {
  return { spec: { replicas: 2, progressDeadlineSeconds: 600, ...spec }, status }
}

const daemonStatus = {
  observedGeneration: 1,
  desiredNumberScheduled: 3,
  currentNumberScheduled: 3,
  updatedNumberScheduled: 3,
  numberAvailable: 3,
  numberReady: 3,
}
const replicaStatus = { replicas: 2, fullyLabeledReplicas: 2, availableReplicas: 2, readyReplicas: 2 }
const setStatus = {
  replicas: 2,
  readyReplicas: 2,
  currentReplicas: 2,
  updatedReplicas: 2,
  currentRevision: 'r1',
  updateRevision: 'r1',
}
const ofSet = (status: Record<string, unknown>, spec: Record<string, unknown> = {}): Record<string, unknown> => ({
  spec: { replicas: 2, ...spec },
  status: { ...setStatus, ...status },
})

const cases: readonly Case[] = [
  [
    '[H1] an object in deletion',
    'v1 ConfigMap',
    { metadata: { deletionTimestamp: 'x' } },
    'Terminating',
    'Resource scheduled for deletion',
  ],
  [
    '[H2] a generation not yet seen',
    'x.io/v1 Thing',
    { metadata: { generation: 3 }, status: { observedGeneration: 2 } },
    'InProgress',
    'Thing generation is 3, but latest observed generation is 2',
  ],
  [
    '[H2] a generation seen',
    'x.io/v1 Thing',
    { metadata: { generation: 3 }, status: { observedGeneration: 3 } },
    'Current',
    'Resource is current',
  ],
  [
    '[H3] Reconciling',
    'x.io/v1 Thing',
    { status: { conditions: [condition('Ready', 'True'), condition('Reconciling', 'True', '', 'busy')] } },
    'InProgress',
    'busy',
  ],
  [
    '[H3] Stalled',
    'x.io/v1 Thing',
    { status: { conditions: [condition('Stalled', 'True', '', 'bad spec')] } },
    'Failed',
    'bad spec',
  ],
  [
    '[H3] Stalled that is false',
    'x.io/v1 Thing',
    { status: { conditions: [condition('Stalled', 'False')] } },
    'Current',
    'Resource is current',
  ],
  [
    '[H4] Ready',
    'x.io/v1 Thing',
    { status: { conditions: [condition('Ready', 'True')] } },
    'Current',
    'Resource is Ready',
  ],
  [
    '[H4] not Ready',
    'x.io/v1 Thing',
    { status: { conditions: [condition('Ready', 'False', 'Why', 'because')] } },
    'InProgress',
    'because',
  ],
  [
    '[H4] Ready unknown',
    'x.io/v1 Thing',
    { status: { conditions: [condition('Ready', 'Unknown', '', 'who knows')] } },
    'InProgress',
    'who knows',
  ],
  ['[H5] a kind without any status', 'x.io/v1 Thing', {}, 'Current', 'Resource is current'],
  [
    '[H5] conditions of another shape',
    'x.io/v1 Thing',
    { status: { conditions: ['odd', 3, null, { status: 'True' }] } },
    'Current',
    'Resource is current',
  ],
  ['[H6] a ConfigMap', 'v1 ConfigMap', {}, 'Current', 'Resource is always ready'],
  ['[H6] a Secret', 'v1 Secret', {}, 'Current', 'Resource is always ready'],
  ['[H6] a CronJob', 'batch/v1 CronJob', {}, 'Current', 'Resource is always ready'],
  ['[H7] a Deployment without status', 'apps/v1 Deployment', deployment({}), 'InProgress', 'Replicas: 0/2'],
  [
    '[H7] a Deployment not updated',
    'apps/v1 Deployment',
    deployment({ ...rolledOut, updatedReplicas: 1 }),
    'InProgress',
    'Updated: 1/2',
  ],
  [
    '[H7] a Deployment with old pods left',
    'apps/v1 Deployment',
    deployment({ ...rolledOut, replicas: 3 }),
    'InProgress',
    'Pending termination: 1',
  ],
  [
    '[H7] a Deployment not available',
    'apps/v1 Deployment',
    deployment({ ...rolledOut, availableReplicas: 1 }),
    'InProgress',
    'Available: 1/2',
  ],
  [
    '[H7] a Deployment not ready',
    'apps/v1 Deployment',
    deployment({ ...rolledOut, readyReplicas: 1 }),
    'InProgress',
    'Ready: 1/2',
  ],
  [
    '[H7] a Deployment without its conditions',
    'apps/v1 Deployment',
    deployment(rolledOut),
    'InProgress',
    'ReplicaSet not Available',
  ],
  [
    '[H7] a Deployment that is not Available',
    'apps/v1 Deployment',
    deployment({ ...rolledOut, conditions: available.slice(1) }),
    'InProgress',
    'Deployment not Available',
  ],
  [
    '[H7] a Deployment that is rolled out',
    'apps/v1 Deployment',
    deployment({ ...rolledOut, conditions: available }),
    'Current',
    'Deployment is available. Replicas: 2',
  ],
  [
    '[H7] a Deployment without a deadline',
    'apps/v1 Deployment',
    deployment({ ...rolledOut, conditions: available.slice(0, 1) }, { progressDeadlineSeconds: 2147483647 }),
    'Current',
    'Deployment is available. Replicas: 2',
  ],
  [
    '[H7] a Deployment past its deadline',
    'apps/v1 Deployment',
    deployment({ conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] }),
    'Failed',
    'Progress deadline exceeded',
  ],
  ['[H8] a StatefulSet starting', 'apps/v1 StatefulSet', ofSet({ replicas: 1 }), 'InProgress', 'Replicas: 1/2'],
  ['[H8] a StatefulSet not ready', 'apps/v1 StatefulSet', ofSet({ readyReplicas: 1 }), 'InProgress', 'Ready: 1/2'],
  [
    '[H8] a StatefulSet shrinking',
    'apps/v1 StatefulSet',
    ofSet({ replicas: 3 }),
    'InProgress',
    'Pending termination: 1',
  ],
  ['[H8] a StatefulSet updating', 'apps/v1 StatefulSet', ofSet({ currentReplicas: 1 }), 'InProgress', 'current: 1/2'],
  [
    '[H8] a StatefulSet between revisions',
    'apps/v1 StatefulSet',
    ofSet({ updateRevision: 'r2' }),
    'InProgress',
    'Waiting for updated revision to match current',
  ],
  [
    '[H8] a StatefulSet that is done',
    'apps/v1 StatefulSet',
    ofSet({}),
    'Current',
    'All replicas scheduled as expected. Replicas: 2',
  ],
  [
    '[H8] a StatefulSet that people update',
    'apps/v1 StatefulSet',
    ofSet({ replicas: 0 }, { updateStrategy: { type: 'OnDelete' } }),
    'Current',
    'StatefulSet is using the ondelete update strategy',
  ],
  [
    '[H8] a StatefulSet rolling to its partition',
    'apps/v1 StatefulSet',
    ofSet({ updatedReplicas: 0 }, { updateStrategy: { rollingUpdate: { partition: 1 } } }),
    'InProgress',
    'updated: 0/1',
  ],
  [
    '[H8] a StatefulSet at its partition',
    'apps/v1 StatefulSet',
    ofSet({ updatedReplicas: 1, updateRevision: 'r2' }, { updateStrategy: { rollingUpdate: { partition: 1 } } }),
    'Current',
    'Partition rollout complete. updated: 1',
  ],
  [
    '[H9] a DaemonSet nobody has seen',
    'apps/v1 DaemonSet',
    { metadata: { generation: 1 } },
    'InProgress',
    'DaemonSet status.observedGeneration not found',
  ],
  [
    '[H9] a DaemonSet without a generation',
    'apps/v1 DaemonSet',
    { status: daemonStatus },
    'InProgress',
    'DaemonSet metadata.generation not found',
  ],
  [
    '[H9] a DaemonSet without a count',
    'apps/v1 DaemonSet',
    { metadata: { generation: 1 }, status: { observedGeneration: 1 } },
    'InProgress',
    'Missing .status.desiredNumberScheduled',
  ],
  [
    '[H9] a DaemonSet being placed',
    'apps/v1 DaemonSet',
    { metadata: { generation: 1 }, status: { ...daemonStatus, currentNumberScheduled: 2 } },
    'InProgress',
    'Current: 2/3',
  ],
  [
    '[H9] a DaemonSet updating',
    'apps/v1 DaemonSet',
    { metadata: { generation: 1 }, status: { ...daemonStatus, updatedNumberScheduled: 2 } },
    'InProgress',
    'Updated: 2/3',
  ],
  [
    '[H9] a DaemonSet not available',
    'apps/v1 DaemonSet',
    { metadata: { generation: 1 }, status: { ...daemonStatus, numberAvailable: 2 } },
    'InProgress',
    'Available: 2/3',
  ],
  [
    '[H9] a DaemonSet not ready',
    'apps/v1 DaemonSet',
    { metadata: { generation: 1 }, status: { ...daemonStatus, numberReady: 2 } },
    'InProgress',
    'Ready: 2/3',
  ],
  [
    '[H9] a DaemonSet that is done',
    'apps/v1 DaemonSet',
    { metadata: { generation: 1 }, status: daemonStatus },
    'Current',
    'All replicas scheduled as expected. Replicas: 3',
  ],
  [
    '[H10] a ReplicaSet that cannot make pods',
    'apps/v1 ReplicaSet',
    { spec: { replicas: 2 }, status: { conditions: [condition('ReplicaFailure', 'True')] } },
    'InProgress',
    'Replica Failure condition. Check Pods',
  ],
  [
    '[H10] a ReplicaSet starting',
    'apps/v1 ReplicaSet',
    { spec: { replicas: 2 }, status: { ...replicaStatus, fullyLabeledReplicas: 1 } },
    'InProgress',
    'Labelled: 1/2',
  ],
  [
    '[H10] a ReplicaSet shrinking',
    'apps/v1 ReplicaSet',
    { spec: { replicas: 2 }, status: { ...replicaStatus, replicas: 3 } },
    'InProgress',
    'Pending termination: 1',
  ],
  [
    '[H10] a ReplicaSet that is done',
    'apps/v1 ReplicaSet',
    { spec: { replicas: 2 }, status: replicaStatus },
    'Current',
    'ReplicaSet is available. Replicas: 2',
  ],
  ['[H11] a Pod nobody has seen', 'v1 Pod', {}, 'InProgress', 'Pod phase not available'],
  ['[H11] a Pod pending', 'v1 Pod', { status: { phase: 'Pending' } }, 'InProgress', 'Pod is in the Pending phase'],
  [
    '[H11] a Pod without a node',
    'v1 Pod',
    { status: { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable')] } },
    'InProgress',
    'Pod has not been scheduled',
  ],
  ['[H11] a Pod running', 'v1 Pod', { status: { phase: 'Running' } }, 'InProgress', 'Pod is running but is not Ready'],
  [
    '[H11] a Pod ready',
    'v1 Pod',
    { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } },
    'Current',
    'Pod is Ready',
  ],
  [
    '[H11] a Pod that crashes',
    'v1 Pod',
    {
      status: {
        phase: 'Running',
        containerStatuses: [{ name: 'web', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
    },
    'Failed',
    'Containers in CrashLoop state: web',
  ],
  [
    '[H11] a Pod that succeeded',
    'v1 Pod',
    { status: { phase: 'Succeeded' } },
    'Current',
    'Pod has completed successfully',
  ],
  [
    '[H11] a Pod that failed',
    'v1 Pod',
    { status: { phase: 'Failed' } },
    'Failed',
    'Pod has completed, but not successfully',
  ],
  ['[H11] a Pod in a phase nobody knows', 'v1 Pod', { status: { phase: 'Odd' } }, 'InProgress', 'Pod phase is Odd'],
  ['[H12] a Job not started', 'batch/v1 Job', {}, 'InProgress', 'Job not started'],
  [
    '[H12] a Job that runs',
    'batch/v1 Job',
    { status: { startTime: 'x', active: 1 } },
    'InProgress',
    'Job in progress. success:0, active: 1, failed: 0',
  ],
  [
    '[H12] a Job that completed',
    'batch/v1 Job',
    { spec: { completions: 2 }, status: { succeeded: 2, conditions: [condition('Complete', 'True')] } },
    'Current',
    'Job Completed. succeeded: 2/2',
  ],
  [
    '[H12] a Job that failed',
    'batch/v1 Job',
    { status: { failed: 1, conditions: [condition('Failed', 'True')] } },
    'Failed',
    'Job Failed. failed: 1/1',
  ],
  [
    '[H12] a Job that is suspended',
    'batch/v1 Job',
    { status: { conditions: [condition('Suspended', 'True')] } },
    'Current',
    'Job is suspended',
  ],
  [
    '[H13] a claim without a volume',
    'v1 PersistentVolumeClaim',
    { status: { phase: 'Pending' } },
    'InProgress',
    'PVC is not Bound. phase: Pending',
  ],
  [
    '[H13] a claim that is bound',
    'v1 PersistentVolumeClaim',
    { status: { phase: 'Bound' } },
    'Current',
    'PVC is Bound',
  ],
  ['[H14] a Service', 'v1 Service', {}, 'Current', 'Service is ready'],
  [
    '[H14] a load balancer without an address',
    'v1 Service',
    { spec: { type: 'LoadBalancer' } },
    'InProgress',
    'ClusterIP not set. Service type: LoadBalancer',
  ],
  [
    '[H14] a load balancer with an address',
    'v1 Service',
    { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } },
    'Current',
    'Service is ready',
  ],
  [
    '[H15] a definition being installed',
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    { status: { conditions: [condition('Established', 'False', 'Installing')] } },
    'InProgress',
    'Install in progress',
  ],
  [
    '[H15] a definition that is served',
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    { status: { conditions: [condition('NamesAccepted', 'True'), condition('Established', 'True')] } },
    'Current',
    'CRD is established',
  ],
  [
    '[H15] a definition whose names are taken',
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    { status: { conditions: [condition('NamesAccepted', 'False', 'Conflict', 'taken')] } },
    'Failed',
    'taken',
  ],
  [
    '[H15] a definition that is not accepted',
    'apiextensions.k8s.io/v1 CustomResourceDefinition',
    { status: { conditions: [condition('Established', 'False', 'NotAccepted', 'no')] } },
    'Failed',
    'no',
  ],
  [
    '[H16] a disruption budget',
    'policy/v1 PodDisruptionBudget',
    {},
    'Current',
    'AllowedDisruptions has been computed.',
  ],
]

function objectOf(kind: string, body: Record<string, unknown>): KubeObject {
  const [apiVersion = '', name = ''] = kind.split(' ')
  const metadata = { name: 'it', namespace: 'here', ...(body['metadata'] as object | undefined) }
  return { apiVersion, kind: name, ...body, metadata }
}

test.each(cases)('%s is judged as kstatus does', (_name, kind, body, status, message) => {
  expect(assessHealth(objectOf(kind, body), { expressions: [] })).toEqual({ status, message })
})

test('[H17] an object that does not exist is not found', () => {
  expect(assessHealth(undefined, { expressions: [] })).toEqual({ status: 'NotFound', message: 'Resource not found' })
})
