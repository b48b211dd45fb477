import { type Drift, type DriftOptions } from '@kedge/release'
import { type KubeObject } from '@kedge/manifest'

import { selects } from '../delivery/selector.ts'
import { type IgnoreRule } from '../spec/kustomization.ts'

/** On an object, as a label or an annotation: its drift is nobody's business. */
const optOut = 'helm.toolkit.fluxcd.io/driftDetection'

/** What of the objects of a release is no drift, by the spec's rules and the objects' own word (SPEC.md HD20, HD21). */
export function driftRules(rules: readonly IgnoreRule[]): Pick<DriftOptions, 'ignore' | 'leaves'> {
  return {
    ignore: (object) => rules.filter((rule) => selects(rule.target, object)).flatMap((rule) => rule.paths),
    leaves: (object: KubeObject) => {
      const { labels, annotations } = object.metadata
      return labels?.[optOut] === 'disabled' || annotations?.[optOut] === 'disabled'
    },
  }
}

/** A line on each object that has drifted, in Flux's words. */
export function describeDrift(drift: readonly Drift[]): readonly string[] {
  return drift.map((one) => {
    const name = resourceName(one.ref)
    if (one.kind === 'missing') return `${name} removed`
    const count = (op: string): string => String(one.steps.filter((step) => step.op === op).length)
    return `${name} changed (${count('add')} additions, ${count('replace')} changes, ${count('remove')} removals)`
  })
}

/** A line on each object that was put back. */
export function describeCorrections(drift: readonly Drift[]): readonly string[] {
  return drift.map((one) => `${resourceName(one.ref)} ${one.kind === 'missing' ? 'created' : 'configured'}`)
}

function resourceName(ref: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return ref.namespace === '' ? `${ref.kind}/${ref.name}` : `${ref.kind}/${ref.namespace}/${ref.name}`
}
