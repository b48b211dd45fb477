import { type KubeObject } from '@kedge/manifest'

/** What annotations of one object in the source say of its sync. */
export interface ResourceOptions {
  readonly isHook: boolean
  /** 0 where the object names none. */
  readonly wave: number
  readonly force: boolean
  readonly neverPruned: boolean
  readonly ignoresExtraneous: boolean
  readonly ignoresHealth: boolean
}

/** Reads the annotations of an object in the source or the cluster (SPEC.md SO1 to SO4). */
export function resourceOptions(object: KubeObject): ResourceOptions {
  const annotations = object.metadata.annotations ?? {}
  const options = splitList(annotations['argocd.argoproj.io/sync-options'])
  const wave = Number(annotations['argocd.argoproj.io/sync-wave'] ?? '0')
  return {
    isHook: isHook(annotations),
    wave: Number.isSafeInteger(wave) ? wave : 0,
    force: options.includes('Force=true'),
    neverPruned: options.includes('Prune=false') || annotations['helm.sh/resource-policy'] === 'keep',
    ignoresExtraneous: splitList(annotations['argocd.argoproj.io/compare-options']).includes('IgnoreExtraneous'),
    ignoresHealth: annotations['argocd.argoproj.io/ignore-healthcheck'] === 'true',
  }
}

function isHook(annotations: Readonly<Record<string, string>>): boolean {
  if (annotations['argocd.argoproj.io/hook'] !== undefined) return true
  // Helm's crd-install hooks are ordinary objects here.
  const helm = splitList(annotations['helm.sh/hook'])
  return helm.length > 0 && !helm.includes('crd-install')
}

function splitList(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
