import { expect, test } from 'vitest'
import { featureGates } from './feature-gates.ts'

test("feature gates are those of Flux's controllers", () => {
  expect(featureGates('ObjectLevelWorkloadIdentity=true, StrictPostBuildSubstitutions=false')).toEqual({
    objectLevelWorkloadIdentity: true,
    strictSubstitution: false,
  })
  expect(featureGates('UseHelm3Defaults=true,DefaultToRetryOnFailure=true,DisableChartDigestTracking=true')).toEqual({
    useHelm3Defaults: true,
    defaultToRetryOnFailure: true,
    disableChartDigestTracking: true,
  })
  expect(featureGates(undefined)).toEqual({})
})

test.each(['ObjectLevelWorkloadIdentity', 'ObjectLevelWorkloadIdentity=yes', 'toString=true', 'Other=true'])(
  '%s is refused, and what is known is said',
  (text) => {
    expect(() => featureGates(text)).toThrow(/is no feature gate/)
  },
)
