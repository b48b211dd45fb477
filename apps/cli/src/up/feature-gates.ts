import { FailureError } from '@kedge/base'
import type { FluxSettings } from '@kedge/flux'

/** Settings that are feature gates of Flux's controllers, by the gate's name. */
const settings = {
  AdditiveCELDependencyCheck: 'additiveDependencyCheck',
  CancelHealthCheckOnNewRevision: 'cancelHealthChecks',
  DefaultToRetryOnFailure: 'defaultToRetryOnFailure',
  DisableChartDigestTracking: 'disableChartDigestTracking',
  ObjectLevelWorkloadIdentity: 'objectLevelWorkloadIdentity',
  StrictPostBuildSubstitutions: 'strictSubstitution',
  UseHelm3Defaults: 'useHelm3Defaults',
} as const satisfies Readonly<Record<string, keyof FluxSettings>>

/** Reads `NAME=true,NAME=false` as Flux's controllers do. Throws a FailureError for a gate that is not known. */
export function featureGates(text: string | undefined): Partial<FluxSettings> {
  const gates = (text ?? '').split(',').filter((one) => one.trim() !== '')
  return Object.fromEntries(gates.map(readGate))
}

function readGate(gate: string): readonly [keyof FluxSettings, boolean] {
  const [name = '', value = ''] = gate.split('=').map((part) => part.trim())
  if (Object.hasOwn(settings, name) && (value === 'true' || value === 'false'))
    return [settings[name as keyof typeof settings], value === 'true']
  throw new FailureError({
    code: 'BadFeatureGate',
    message: `${JSON.stringify(gate)} is no feature gate`,
    fix: `write NAME=true or NAME=false; known are ${Object.keys(settings).join(', ')}`,
  })
}
