import type { Draft } from '../contracts.ts'
import { draftsOf, metadataOf, partOf, textOf } from '../http/draft.ts'
import { describeAge, describeDuration } from './age.ts'
import {
  conditionOf,
  labelText,
  none,
  numberOf,
  orNone,
  scalarOf,
  selectorCell,
  specOf,
  statusOf,
  templateCells,
  type Cells,
} from './cells.ts'
import { podCells } from './pod-cells.ts'

const replicaCells: Cells = (object) => {
  const spec = specOf(object)
  const status = statusOf(object)
  return {
    Desired: numberOf(spec, 'replicas'),
    Current: numberOf(status, 'replicas'),
    Ready: numberOf(status, 'readyReplicas'),
    ...templateCells(partOf(spec, 'template')),
    Selector: selectorCell(spec['selector']),
  }
}

const jobCells: Cells = (job, nowMs) => {
  const spec = specOf(job)
  const status = statusOf(job)
  const succeeded = numberOf(status, 'succeeded')
  const parallelism = numberOf(spec, 'parallelism')
  const open = parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
  return {
    Status: jobStatus(job),
    Completions: spec['completions'] === undefined ? open : `${succeeded}/${numberOf(spec, 'completions')}`,
    Duration: durationOf(status, nowMs),
    ...templateCells(partOf(spec, 'template')),
    Selector: selectorCell(spec['selector']),
  }
}

function jobStatus(job: Readonly<Draft>): string {
  const holds = (type: string): boolean => conditionOf(job, type)?.['status'] === 'True'
  const found = (['Complete', 'Failed'] as const).find(holds)
  if (found !== undefined) return found
  if (metadataOf(job)['deletionTimestamp'] !== undefined) return 'Terminating'
  if (holds('Suspended')) return 'Suspended'
  return (['FailureTarget', 'SuccessCriteriaMet'] as const).find(holds) ?? 'Running'
}

function durationOf(status: Readonly<Draft>, nowMs: number): string {
  const start = scalarOf(status, 'startTime')
  if (start === '') return ''
  const end = scalarOf(status, 'completionTime')
  return describeDuration((end === '' ? nowMs : Date.parse(end)) - Date.parse(start))
}

const cronJobCells: Cells = (cronJob, nowMs) => {
  const spec = specOf(cronJob)
  const status = statusOf(cronJob)
  const last = scalarOf(status, 'lastScheduleTime')
  const job = specOf(partOf(spec, 'jobTemplate'))
  return {
    Schedule: textOf(spec, 'schedule'),
    Timezone: orNone(textOf(spec, 'timeZone')),
    Suspend: spec['suspend'] === true ? 'True' : 'False',
    Active: draftsOf(status, 'active').length,
    'Last Schedule': last === '' ? none : describeAge(last, nowMs),
    ...templateCells(partOf(job, 'template')),
    Selector: selectorCell(job['selector']),
  }
}

const scalerCells: Cells = (scaler) => {
  const spec = specOf(scaler)
  const target = partOf(spec, 'scaleTargetRef')
  return {
    Reference: `${textOf(target, 'kind')}/${textOf(target, 'name')}`,
    Targets: targetsOf(scaler),
    MinPods: scalarOf(spec, 'minReplicas') || '<unset>',
    MaxPods: scalarOf(spec, 'maxReplicas'),
    Replicas: scalarOf(statusOf(scaler), 'currentReplicas') || '0',
  }
}

/** `cpu: 12%/80%` of each metric of the autoscaler. */
function targetsOf(scaler: Readonly<Draft>): string {
  const current = draftsOf(statusOf(scaler), 'currentMetrics')
  const texts = draftsOf(specOf(scaler), 'metrics').map((metric, at) => {
    const type = textOf(metric, 'type')
    const field = type.charAt(0).toLowerCase() + type.slice(1)
    const wanted = partOf(metric, field)
    const name = type === 'Resource' ? `${textOf(wanted, 'name')}: ` : ''
    const now = partOf(partOf(current[at] ?? {}, field), 'current')
    const target = partOf(wanted, 'target')
    const percent = scalarOf(target, 'averageUtilization')
    const found = scalarOf(now, percent === '' ? 'averageValue' : 'averageUtilization') || scalarOf(now, 'value')
    const goal = percent === '' ? scalarOf(target, 'averageValue') || scalarOf(target, 'value') : `${percent}%`
    const shown = found === '' ? '<unknown>' : percent === '' ? found : `${found}%`
    return `${name}${shown}/${goal}`
  })
  return orNone(texts.length > 2 ? `${texts.slice(0, 2).join(', ')} + ${texts.length - 2} more...` : texts.join(', '))
}

/** Cells of pods and of what makes them. */
export const workloadCells: Readonly<Record<string, Cells>> = {
  pods: podCells,
  replicationcontrollers: replicaCells,
  'replicasets.apps': replicaCells,
  'deployments.apps': (object) => {
    const spec = specOf(object)
    const status = statusOf(object)
    return {
      Ready: `${numberOf(status, 'readyReplicas')}/${numberOf(spec, 'replicas')}`,
      'Up-to-date': numberOf(status, 'updatedReplicas'),
      Available: numberOf(status, 'availableReplicas'),
      ...templateCells(partOf(spec, 'template')),
      Selector: selectorCell(spec['selector']),
    }
  },
  'statefulsets.apps': (object) => ({
    Ready: `${numberOf(statusOf(object), 'readyReplicas')}/${numberOf(specOf(object), 'replicas')}`,
    ...templateCells(partOf(specOf(object), 'template')),
  }),
  'daemonsets.apps': (object) => {
    const spec = specOf(object)
    const status = statusOf(object)
    return {
      Desired: numberOf(status, 'desiredNumberScheduled'),
      Current: numberOf(status, 'currentNumberScheduled'),
      Ready: numberOf(status, 'numberReady'),
      'Up-to-date': numberOf(status, 'updatedNumberScheduled'),
      Available: numberOf(status, 'numberAvailable'),
      'Node Selector': labelText(partOf(specOf(partOf(spec, 'template')), 'nodeSelector')),
      ...templateCells(partOf(spec, 'template')),
      Selector: selectorCell(spec['selector']),
    }
  },
  'controllerrevisions.apps': (object) => {
    const owner = draftsOf(metadataOf(object), 'ownerReferences').find((each) => each['controller'] === true)
    const [group] = (owner === undefined ? '' : textOf(owner, 'apiVersion')).split('/')
    const kind = owner === undefined ? '' : textOf(owner, 'kind').toLowerCase()
    return {
      Controller: owner === undefined ? none : `${kind}.${group ?? ''}/${textOf(owner, 'name')}`,
      Revision: scalarOf(object, 'revision'),
    }
  },
  podtemplates: (object) => ({
    ...templateCells(partOf(object, 'template')),
    'Pod Labels': labelText(partOf(metadataOf(partOf(object, 'template')), 'labels')),
  }),
  'jobs.batch': jobCells,
  'cronjobs.batch': cronJobCells,
  'horizontalpodautoscalers.autoscaling': scalerCells,
  'poddisruptionbudgets.policy': (object) => ({
    'Min Available': scalarOf(specOf(object), 'minAvailable') || 'N/A',
    'Max Unavailable': scalarOf(specOf(object), 'maxUnavailable') || 'N/A',
    'Allowed Disruptions': numberOf(statusOf(object), 'disruptionsAllowed'),
  }),
}
