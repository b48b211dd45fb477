import type { Draft } from '../../contracts.ts'
import { text } from '../../kinds/draft.ts'
import { imageTag } from '../../kinds/pod-defaults.ts'
import { annotationsOf, labelsOf, type KubeObject } from '../runtime/kube-object.ts'

/** Annotation (or label) of a Pod or its template that asks for a failure: `<fault>` or `<fault>/<container>`. */
export const FAULT = 'kedge.dev/fault'
/** Annotation with the exit code of containers that end. */
export const EXIT_CODE = 'kedge.dev/exit-code'
/** Annotation with the seconds that containers of a Job run. */
export const RUN_SECONDS = 'kedge.dev/run-seconds'

/** Ways to fail that a container can be asked for. */
export type ContainerFault = 'image-pull' | 'crash-loop' | 'oom' | 'never-ready'

/** Image tags that ask for a failure, so that it can be tried from Git: `nginx:does-not-exist`. */
const TAG_FAULTS: Readonly<Record<string, ContainerFault>> = {
  'does-not-exist': 'image-pull',
  'crash-loop': 'crash-loop',
  'out-of-memory': 'oom',
  'never-ready': 'never-ready',
}

const CONTAINER_FAULTS = new Set<string>(Object.values(TAG_FAULTS))

/** What goes wrong with a container, when something is to. */
export function containerFault(pod: KubeObject, container: Readonly<Draft>): ContainerFault | undefined {
  const [fault = '', only] = faultOf(pod).split('/')
  const concerns = only === undefined || only === text(container, 'name')
  if (concerns && CONTAINER_FAULTS.has(fault)) return fault as ContainerFault
  return TAG_FAULTS[imageTag(text(container, 'image'))]
}

/** Whether no node is to be found for a pod. */
export function isUnschedulable(pod: KubeObject): boolean {
  return faultOf(pod) === 'unschedulable'
}

/** What an object's annotation or label asks for; empty for nothing. */
export function faultOf(object: KubeObject): string {
  return annotationsOf(object)[FAULT] ?? labelsOf(object)[FAULT] ?? ''
}
