import type { Draft, FieldError } from '../contracts.ts'
import { child, children, ensure, fill, numeric, stringMap, text } from './draft.ts'
import { invalid, required, unsupported } from './field-errors.ts'
import type { KindRules } from './strategy.ts'

const METRICS_ANNOTATION = 'autoscaling.alpha.kubernetes.io/metrics'
const BEHAVIOR_ANNOTATION = 'autoscaling.alpha.kubernetes.io/behavior'

const METRIC_TYPES: readonly string[] = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']

/** HorizontalPodAutoscaler in autoscaling/v1 and v2. */
export const autoscalerRules: KindRules = {
  hasStatus: true,
  hasGeneration: true,
  defaults: (draft) => {
    const spec = ensure(draft, 'spec')
    fill(spec, 'minReplicas', 1)
    if (draft['apiVersion'] === 'autoscaling/v1') return
    if (children(spec, 'metrics').length === 0) spec['metrics'] = [cpuMetric(80)]
    const behavior = child(spec, 'behavior')
    if (behavior !== undefined) defaultBehavior(behavior)
  },
  check: (object) => {
    const spec = child(object, 'spec')
    const errors: FieldError[] = []
    const least = numeric(spec, 'minReplicas')
    const most = numeric(spec, 'maxReplicas') ?? 0
    if (least !== undefined && least < 1)
      errors.push(invalid('spec.minReplicas', least, 'must be greater than or equal to 1'))
    if (least !== undefined && most < least) {
      errors.push(invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'))
    }
    for (const key of ['kind', 'name'] as const) {
      if (text(child(spec, 'scaleTargetRef'), key) === '') errors.push(required(`spec.scaleTargetRef.${key}`))
    }
    const apiVersion = text(child(spec, 'scaleTargetRef'), 'apiVersion')
    if (object['apiVersion'] !== 'autoscaling/v1' && !apiVersion.includes('/')) {
      errors.push(invalid('spec.scaleTargetRef.apiVersion', apiVersion, 'apiVersion must specify API group'))
    }
    for (const [index, { type }] of children(spec, 'metrics').entries()) {
      if (!METRIC_TYPES.includes(String(type)))
        errors.push(unsupported(`spec.metrics[${index}].type`, type, METRIC_TYPES))
    }
    if (most < 1) errors.push(required('spec.maxReplicas'))
    return errors
  },
  convert: (object, apiVersion) => {
    if (object['apiVersion'] === apiVersion) return object
    return apiVersion === 'autoscaling/v1' ? toV1(object) : toV2(object)
  },
}

function cpuMetric(averageUtilization: number): Draft {
  return {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
  }
}

function defaultBehavior(behavior: Draft): void {
  const up = ensure(behavior, 'scaleUp')
  fill(up, 'stabilizationWindowSeconds', 0)
  fill(up, 'selectPolicy', 'Max')
  if (children(up, 'policies').length === 0) {
    up['policies'] = [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ]
  }
  const down = ensure(behavior, 'scaleDown')
  fill(down, 'selectPolicy', 'Max')
  if (children(down, 'policies').length === 0) {
    down['policies'] = [{ type: 'Percent', value: 100, periodSeconds: 15 }]
  }
}

function isCpuUtilization(metric: Readonly<Draft>): boolean {
  const resource = child(metric, 'resource')
  return (
    metric['type'] === 'Resource' &&
    resource?.['name'] === 'cpu' &&
    numeric(child(resource, 'target'), 'averageUtilization') !== undefined
  )
}

/** What v1 has no field for travels in annotations, as it does in the real server. */
function toV1(object: Readonly<Draft>): Draft {
  const { metrics: _metrics, behavior, ...spec } = child(object, 'spec') ?? {}
  const all = children(child(object, 'spec'), 'metrics')
  const cpu = all.find(isCpuUtilization)
  const others = all.filter((metric) => metric !== cpu)
  const added: Record<string, string> = {}
  if (others.length > 0) added[METRICS_ANNOTATION] = JSON.stringify(others)
  if (behavior !== undefined) added[BEHAVIOR_ANNOTATION] = JSON.stringify(behavior)
  const metadata = child(object, 'metadata') ?? {}
  const status = child(object, 'status') ?? {}
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata:
      Object.keys(added).length === 0
        ? metadata
        : { ...metadata, annotations: { ...stringMap(metadata, 'annotations'), ...added } },
    spec: {
      ...spec,
      ...(cpu === undefined
        ? {}
        : { targetCPUUtilizationPercentage: child(child(cpu, 'resource'), 'target')?.['averageUtilization'] }),
    },
    status: {
      ...(status['observedGeneration'] === undefined ? {} : { observedGeneration: status['observedGeneration'] }),
      ...(status['lastScaleTime'] === undefined ? {} : { lastScaleTime: status['lastScaleTime'] }),
      currentReplicas: status['currentReplicas'] ?? 0,
      desiredReplicas: status['desiredReplicas'] ?? 0,
    },
  }
}

function toV2(object: Readonly<Draft>): Draft {
  const { targetCPUUtilizationPercentage: target, ...spec } = child(object, 'spec') ?? {}
  const metadata = { ...child(object, 'metadata') }
  const annotations = { ...stringMap(metadata, 'annotations') }
  const others = parseList(annotations[METRICS_ANNOTATION])
  const behavior = parseObject(annotations[BEHAVIOR_ANNOTATION])
  delete annotations[METRICS_ANNOTATION]
  delete annotations[BEHAVIOR_ANNOTATION]
  if (Object.keys(annotations).length > 0) metadata['annotations'] = annotations
  else delete metadata['annotations']
  const metrics = [...(typeof target === 'number' ? [cpuMetric(target)] : []), ...others]
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata,
    spec: {
      ...spec,
      metrics: metrics.length === 0 ? [cpuMetric(80)] : metrics,
      ...(behavior === undefined ? {} : { behavior }),
    },
    status: { desiredReplicas: 0, currentMetrics: null, ...child(object, 'status') },
  }
}

function parseList(written: string | undefined): readonly unknown[] {
  const value = parseJson(written)
  return Array.isArray(value) ? value : []
}

function parseObject(written: string | undefined): Draft | undefined {
  const value = parseJson(written)
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Draft) : undefined
}

function parseJson(written: string | undefined): unknown {
  if (written === undefined) return undefined
  try {
    return JSON.parse(written)
  } catch {
    return undefined
  }
}
