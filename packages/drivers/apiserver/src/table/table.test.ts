import { describe, expect, test } from 'vitest'
import { describeDuration } from './age.ts'
import { evaluatePath, parsePath } from './json-path.ts'
import { networkCells } from './network-cells.ts'
import { podCells } from './pod-cells.ts'
import { workloadCells } from './workload-cells.ts'

test.each([
  [0, '0s'],
  [119_999, '119s'],
  [120_000, '2m'],
  [125_000, '2m5s'],
  [599_000, '9m59s'],
  [3_600_000, '60m'],
  [3 * 3_600_000 - 1, '179m'],
  [3 * 3_600_000, '3h'],
  [3.5 * 3_600_000, '3h30m'],
  [8 * 3_600_000, '8h'],
  [47 * 3_600_000, '47h'],
  [50 * 3_600_000, '2d2h'],
  [8 * 86_400_000, '8d'],
  [800 * 86_400_000, '2y70d'],
  [4000 * 86_400_000, '10y'],
])('%i ms is %s', (ms, text) => {
  expect(describeDuration(ms)).toBe(text)
})

const document = {
  a: {
    b: [
      { t: 'x', v: 1 },
      { t: 'y', v: 2 },
    ],
  },
  'k.l/m': 'dotted',
  list: [1, 2, 3],
}

test.each([
  ['.a.b[0].v', [1]],
  ['.a.b[-1].v', [2]],
  ['.a.b[*].t', ['x', 'y']],
  ['.a.b[?(@.t=="y")].v', [2]],
  [".a.b[?(@.t!='y')].v", [1]],
  ['.a.b[?(@.v>1)].t', ['y']],
  ['.a.b[?(@.z)].t', []],
  [String.raw`.k\.l/m`, ['dotted']],
  ["['k.l/m']", ['dotted']],
  ['.list[1:]', [2, 3]],
  ['{.list[:1]}', [1]],
  ['.missing.path', []],
])('%s', (path, values) => {
  expect(evaluatePath(parsePath(path), document)).toEqual(values)
})

test('a path that cannot be read is refused', () => {
  expect(() => parsePath('.a[')).toThrow('cannot be read')
})

const now = Date.parse('2026-11-23T18:31:45Z')
const running = { name: 'c', ready: true, restartCount: 0, state: { running: {} } }

function pod(status: Record<string, unknown>, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { metadata: {}, spec: { containers: [{ name: 'c' }, { name: 'd' }] }, status, ...more }
}

describe('the status of a pod', () => {
  test.each([
    ['runs', pod({ phase: 'Running', containerStatuses: [running, running] }), '2/2', 'Running', '0'],
    ['is pending', pod({ phase: 'Pending' }), '0/2', 'Pending', '0'],
    [
      'cannot pull',
      pod({
        phase: 'Pending',
        containerStatuses: [{ ...running, ready: false, state: { waiting: { reason: 'ImagePullBackOff' } } }],
      }),
      '0/2',
      'ImagePullBackOff',
      '0',
    ],
    [
      'crashes',
      pod({
        phase: 'Running',
        containerStatuses: [
          {
            ...running,
            ready: false,
            restartCount: 3,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 1, finishedAt: '2026-11-23T18:31:15Z' } },
          },
        ],
      }),
      '0/2',
      'CrashLoopBackOff',
      '3 (30s ago)',
    ],
    [
      'has failed without a reason',
      pod({
        phase: 'Failed',
        containerStatuses: [{ ...running, ready: false, state: { terminated: { exitCode: 2 } } }],
      }),
      '0/2',
      'ExitCode:2',
      '0',
    ],
    ['was evicted', pod({ phase: 'Failed', reason: 'Evicted' }), '0/2', 'Evicted', '0'],
    [
      'initializes',
      pod(
        { phase: 'Pending', initContainerStatuses: [{ name: 'i', restartCount: 1, state: { running: {} } }] },
        { spec: { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }, { name: 'j' }] } },
      ),
      '0/1',
      'Init:0/2',
      '1',
    ],
    [
      'cannot initialize',
      pod(
        {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i', restartCount: 0, state: { terminated: { exitCode: 1, reason: 'Error' } } },
          ],
        },
        { spec: { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }] } },
      ),
      '0/1',
      'Init:Error',
      '0',
    ],
    [
      'goes away',
      pod(
        { phase: 'Running', containerStatuses: [running, running] },
        { metadata: { deletionTimestamp: '2026-11-23T18:31:45Z' } },
      ),
      '2/2',
      'Terminating',
      '0',
    ],
  ])('%s', (_name, object, ready, status, restarts) => {
    expect(podCells(object, now)).toMatchObject({ Ready: ready, Status: status, Restarts: restarts })
  })
})

test.each([
  ['ClusterIP', { clusterIP: '10.0.0.1', ports: [{ port: 80, protocol: 'TCP' }] }, {}, '<none>', '80/TCP'],
  [
    'NodePort',
    { clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30_000, protocol: 'TCP' }] },
    {},
    '<none>',
    '80:30000/TCP',
  ],
  ['LoadBalancer', { clusterIP: '10.0.0.1' }, {}, '<pending>', '<none>'],
  ['LoadBalancer', {}, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }, { hostname: 'h' }] } }, '1.2.3.4,h', '<none>'],
  ['ExternalName', { externalName: 'x.y' }, {}, 'x.y', '<none>'],
])('a service of type %s', (type, spec, status, external, ports) => {
  const cells = networkCells['services']?.({ spec: { type, ...spec }, status }, now)
  expect(cells).toMatchObject({ Type: type, 'External-IP': external, 'Port(s)': ports })
})

test('a job tells its state and how long it took', () => {
  const job = {
    metadata: {},
    spec: { completions: 1 },
    status: {
      succeeded: 1,
      startTime: '2026-11-23T18:31:00Z',
      completionTime: '2026-11-23T18:31:07Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    },
  }
  expect(workloadCells['jobs.batch']?.(job, now)).toMatchObject({
    Status: 'Complete',
    Completions: '1/1',
    Duration: '7s',
  })
})
