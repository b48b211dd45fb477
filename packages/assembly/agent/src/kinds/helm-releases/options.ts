import type { ActionOrder, HelmReleaseSpec } from '@kedge/flux'
import { defaultActionOptions, type ActionOptions } from '@kedge/release'

/** How an action of a HelmRelease goes about it. */
export function actionOptions(order: ActionOrder): ActionOptions {
  const { action, spec } = order
  const common: ActionOptions = {
    ...defaultActionOptions,
    maxHistory: spec.maxHistory,
    healthExpressions: expressionsOf(spec),
    waitFor: spec.waitStrategy === 'legacy' ? 'workloads' : 'all',
  }
  switch (action.kind) {
    case 'install':
      return {
        ...common,
        ...waiting(spec.install),
        serverSideApply: spec.install.serverSideApply,
        takeOwnership: !spec.install.disableTakeOwnership,
        createNamespace: spec.hasTargetNamespace && spec.install.createNamespace,
        // What an uninstall that kept its history, or a failed install, left behind is no hindrance.
        replace: true,
        crds: spec.install.crds,
      }
    case 'upgrade':
      return {
        ...common,
        ...waiting(spec.upgrade),
        serverSideApply: applyMethod(spec.upgrade.serverSideApply),
        takeOwnership: !spec.upgrade.disableTakeOwnership,
        force: spec.upgrade.force,
        cleanupOnFail: spec.upgrade.cleanupOnFail,
        crds: spec.upgrade.crds,
      }
    case 'rollback':
      return {
        ...common,
        ...waiting(spec.rollback),
        serverSideApply: applyMethod(spec.rollback.serverSideApply),
        force: spec.rollback.force,
        cleanupOnFail: spec.rollback.cleanupOnFail,
      }
    case 'uninstall':
      return {
        ...common,
        timeoutMs: spec.uninstall.timeoutMs,
        wait: !spec.uninstall.disableWait,
        hooks: !spec.uninstall.disableHooks,
        keepHistory: spec.uninstall.keepHistory,
        propagation: spec.uninstall.propagation,
      }
    case 'test':
      return { ...common, timeoutMs: spec.test.timeoutMs }
    case 'unlock':
      return { ...common, timeoutMs: spec.timeoutMs }
  }
}

function waiting(
  fields: Pick<HelmReleaseSpec['rollback'], 'timeoutMs' | 'disableWait' | 'disableWaitForJobs' | 'disableHooks'>,
): Pick<ActionOptions, 'timeoutMs' | 'wait' | 'waitForJobs' | 'hooks'> {
  return {
    timeoutMs: fields.timeoutMs,
    wait: !fields.disableWait,
    waitForJobs: !fields.disableWaitForJobs,
    hooks: !fields.disableHooks,
  }
}

function applyMethod(method: HelmReleaseSpec['upgrade']['serverSideApply']): ActionOptions['serverSideApply'] {
  return method === 'auto' ? 'auto' : method === 'enabled'
}

/** Expressions are for the poller; the old way of waiting knows none. */
function expressionsOf(spec: HelmReleaseSpec): ActionOptions['healthExpressions'] {
  if (spec.waitStrategy === 'legacy') return []
  return spec.healthCheckExprs.map((rule) => ({
    apiVersion: rule.apiVersion,
    current: rule.current,
    ...(rule.kind === undefined ? {} : { kind: rule.kind }),
    ...(rule.inProgress === undefined ? {} : { inProgress: rule.inProgress }),
    ...(rule.failed === undefined ? {} : { failed: rule.failed }),
  }))
}
