import type { Draft, Strategy } from '../contracts.ts'
import { autoscalerRules } from './autoscaling.ts'
import {
  disruptionBudgetRules,
  eventRules,
  flowSchemaRules,
  namespaceRules,
  nodeRules,
  priorityClassRules,
  priorityLevelRules,
} from './cluster-kinds.ts'
import { configMapRules, secretRules } from './config.ts'
import { child, numeric, sameValue, text } from './draft.ts'
import {
  admissionPolicyBindingRules,
  admissionPolicyRules,
  apiServiceRules,
  definitionRules,
  webhookRules,
} from './extension.ts'
import { invalid } from './field-errors.ts'
import { limitRangeRules, resourceQuotaRules } from './limits.ts'
import { endpointSliceRules, endpointsRules, ingressClassRules, ingressRules, networkPolicyRules } from './network.ts'
import { podRules } from './pods.ts'
import { clusterRoleBindingRules, clusterRoleRules, roleBindingRules, roleRules } from './rbac.ts'
import { createServiceStrategy } from './services.ts'
import { claimRules, csiDriverRules, runtimeClassRules, storageClassRules, volumeRules } from './storage.ts'
import { contentChanged, createStrategy, type KindRules } from './strategy.ts'
import { defaultPodTemplateObject } from './workload-defaults.ts'
import {
  cronJobRules,
  daemonSetRules,
  deploymentRules,
  jobRules,
  replicaSetRules,
  replicationControllerRules,
  statefulSetRules,
} from './workloads.ts'

const certificateRules: KindRules = {
  clusterScoped: true,
  hasStatus: true,
  fields: (object) => ({ 'spec.signerName': text(child(object, 'spec'), 'signerName') }),
}
const clusterScoped: KindRules = { clusterScoped: true }
const clusterWithStatus: KindRules = { clusterScoped: true, hasStatus: true }
const clusterWithGeneration: KindRules = { clusterScoped: true, hasGeneration: true }

/** Rules by `<group>/<resource>`, the group empty for core. */
const RULES: Readonly<Record<string, KindRules>> = {
  '/configmaps': configMapRules,
  '/endpoints': endpointsRules,
  '/events': eventRules,
  '/limitranges': limitRangeRules,
  '/namespaces': namespaceRules,
  '/nodes': nodeRules,
  '/persistentvolumeclaims': claimRules,
  '/persistentvolumes': volumeRules,
  '/pods': podRules,
  '/podtemplates': { hasGeneration: true, defaults: defaultPodTemplateObject },
  '/replicationcontrollers': replicationControllerRules,
  '/resourcequotas': resourceQuotaRules,
  '/secrets': secretRules,
  '/serviceaccounts': {},
  'admissionregistration.k8s.io/mutatingadmissionpolicies': admissionPolicyRules,
  'admissionregistration.k8s.io/mutatingadmissionpolicybindings': admissionPolicyBindingRules,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhookRules,
  'admissionregistration.k8s.io/validatingadmissionpolicies': admissionPolicyRules,
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': admissionPolicyBindingRules,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhookRules,
  'apiextensions.k8s.io/customresourcedefinitions': definitionRules,
  'apiregistration.k8s.io/apiservices': apiServiceRules,
  'apps/controllerrevisions': {},
  'apps/daemonsets': daemonSetRules,
  'apps/deployments': deploymentRules,
  'apps/replicasets': replicaSetRules,
  'apps/statefulsets': statefulSetRules,
  'autoscaling/horizontalpodautoscalers': autoscalerRules,
  'batch/cronjobs': cronJobRules,
  'batch/jobs': jobRules,
  'certificates.k8s.io/certificatesigningrequests': certificateRules,
  'certificates.k8s.io/clustertrustbundles': {
    clusterScoped: true,
    fields: (object) => ({ 'spec.signerName': text(child(object, 'spec'), 'signerName') }),
  },
  'certificates.k8s.io/podcertificaterequests': { hasStatus: true },
  'coordination.k8s.io/leases': {
    check: (object) => {
      const seconds = numeric(child(object, 'spec'), 'leaseDurationSeconds') ?? 1
      return seconds > 0 ? [] : [invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
    },
  },
  'discovery.k8s.io/endpointslices': endpointSliceRules,
  'events.k8s.io/events': eventRules,
  'flowcontrol.apiserver.k8s.io/flowschemas': flowSchemaRules,
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': priorityLevelRules,
  'networking.k8s.io/ingressclasses': ingressClassRules,
  'networking.k8s.io/ingresses': ingressRules,
  'networking.k8s.io/ipaddresses': clusterWithGeneration,
  'networking.k8s.io/networkpolicies': networkPolicyRules,
  'networking.k8s.io/servicecidrs': clusterWithStatus,
  'node.k8s.io/runtimeclasses': runtimeClassRules,
  'policy/poddisruptionbudgets': disruptionBudgetRules,
  'rbac.authorization.k8s.io/clusterrolebindings': clusterRoleBindingRules,
  'rbac.authorization.k8s.io/clusterroles': clusterRoleRules,
  'rbac.authorization.k8s.io/rolebindings': roleBindingRules,
  'rbac.authorization.k8s.io/roles': roleRules,
  'resource.k8s.io/deviceclasses': clusterWithGeneration,
  'resource.k8s.io/devicetaintrules': { clusterScoped: true, hasStatus: true, hasGeneration: true },
  'resource.k8s.io/resourceclaims': { hasStatus: true },
  'resource.k8s.io/resourceclaimtemplates': {},
  'resource.k8s.io/resourceslices': clusterWithGeneration,
  'scheduling.k8s.io/priorityclasses': priorityClassRules,
  'storage.k8s.io/csidrivers': csiDriverRules,
  'storage.k8s.io/csinodes': clusterScoped,
  'storage.k8s.io/csistoragecapacities': {},
  'storage.k8s.io/storageclasses': storageClassRules,
  'storage.k8s.io/volumeattachments': clusterWithStatus,
  'storage.k8s.io/volumeattributesclasses': clusterScoped,
  'storagemigration.k8s.io/storageversionmigrations': { clusterScoped: true, hasStatus: true, hasGeneration: true },
}

/** The strategies of one server. Services share a pool of addresses, so a server makes this once. */
export interface Strategies {
  /** The strategy of a built-in resource; of an unknown one, the rules that hold for every object. */
  strategyFor(group: string, resource: string): Strategy
}

/** Makes the strategies of one server. */
export function createStrategies(): Strategies {
  const made = new Map<string, Strategy>()
  return {
    strategyFor(group, resource) {
      const key = `${group}/${resource}`
      const known = made.get(key)
      if (known !== undefined) return known
      const strategy = key === '/services' ? createServiceStrategy() : createStrategy(RULES[key] ?? {})
      made.set(key, strategy)
      return strategy
    },
  }
}

/** The strategy of a custom resource's version: generic rules; schemas judge the rest. */
export function customStrategy(options: { readonly namespaced: boolean; readonly hasStatus: boolean }): Strategy {
  return createStrategy({
    anyFinalizer: true,
    hasGeneration: true,
    hasStatus: options.hasStatus,
    clusterScoped: !options.namespaced,
    specChanged: options.hasStatus ? contentChanged : statusOrContentChanged,
  })
}

function statusOrContentChanged(object: Readonly<Draft>, old: Readonly<Draft>): boolean {
  return contentChanged(object, old) || !sameValue(object['status'], old['status'])
}
