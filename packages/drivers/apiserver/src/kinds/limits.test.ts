import { expect, test } from 'vitest'

import type { Draft, StrategyContext } from '../contracts.ts'
import { createStrategies } from './strategies.ts'

const context = { dryRun: false } as unknown as StrategyContext

const wrong: readonly [resource: string, group: string, content: Draft, message: string][] = [
  [
    'resourcequotas',
    '',
    { spec: { hard: { pods: '-1' } } },
    'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'limitranges',
    '',
    { spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } },
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ],
  ['runtimeclasses', 'node.k8s.io', {}, 'handler: Required value'],
  [
    'networkpolicies',
    'networking.k8s.io',
    { spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }] } },
    'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'configmaps',
    '',
    { metadata: { finalizers: ['hold'] } },
    'metadata.finalizers[0]: Invalid value: "hold": name is neither a standard finalizer name nor is it fully qualified',
  ],
]

test.each(wrong)('[KC2] %s: bounds, ranges and names are checked (%#)', (resource, group, content, message) => {
  const strategy = createStrategies().strategyFor(group, resource)
  const metadata = { name: 'x', namespace: 'default', ...(content['metadata'] as object | undefined) }
  const draft: Draft = { apiVersion: group === '' ? 'v1' : `${group}/v1`, ...content, metadata }
  strategy.applyDefaults(draft)
  const errors = strategy.validateCreate(draft, context)
  expect(errors.map((error) => `${error.field}: ${error.message}`)).toEqual([message])
})
