import type { Draft } from '../contracts.ts'
import type { InitialObject } from './initial-objects.ts'

const NODES = ['kedge-node-1', 'kedge-node-2', 'kedge-node-3'] as const

/** Resources of each simulated node; large enough that nothing but a wish for it makes a pod unschedulable. */
const CAPACITY = {
  cpu: '32',
  memory: '128Gi',
  'ephemeral-storage': '500Gi',
  pods: '5000',
  'hugepages-2Mi': '0',
} as const

const HEALTHY = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const

/** Three Ready nodes on which the simulated kubelet runs pods. */
export function simulatedNodes(nowMs: number): readonly InitialObject[] {
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z')
  return NODES.map((name, index) => ({
    path: '/api/v1/nodes',
    object: nodeObject(name, index),
    status: nodeStatus(name, index, now),
  }))
}

/** Conditions of a node in good health. */
export function healthyConditions(now: string): readonly Draft[] {
  return HEALTHY.map(([type, status, reason, message]) => ({
    type,
    status,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason,
    message,
  }))
}

function nodeObject(name: string, index: number): Draft {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': `zone-${String.fromCodePoint(97 + index)}`,
        'topology.kubernetes.io/region': 'local',
      },
    },
    spec: {
      podCIDR: `10.244.${index * 64}.0/18`,
      podCIDRs: [`10.244.${index * 64}.0/18`],
      providerID: `kedge://${name}`,
    },
  }
}

function nodeStatus(name: string, index: number, now: string): Draft {
  return {
    capacity: { ...CAPACITY },
    allocatable: { ...CAPACITY },
    conditions: healthyConditions(now),
    addresses: [
      { type: 'InternalIP', address: `172.18.0.${index + 2}` },
      { type: 'Hostname', address: name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    nodeInfo: {
      architecture: 'amd64',
      bootID: name,
      containerRuntimeVersion: 'kedge://simulated',
      kernelVersion: '6.12.0',
      kubeProxyVersion: '',
      kubeletVersion: 'v1.37.2',
      machineID: name,
      operatingSystem: 'linux',
      osImage: 'Kedge simulated node',
      systemUUID: name,
    },
  }
}
