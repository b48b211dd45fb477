import { expect, test } from 'vitest'
import { kubeVersionComplaint, parseKubeVersion } from '../index.ts'

test.each([
  ['1.30', 'v1.30'],
  ['v1.30.2-eks+1', 'v1.30.2-eks+1'],
  ['18446744073709551615.0', 'v18446744073709551615.0'],
  ['1', 'illegal version string "1"'],
  ['x', 'could not parse "x" as version'],
  ['v01.30', 'illegal zero-prefixed version component "01" in "v01.30"'],
  [
    '18446744073709551616.1',
    'illegal non-numeric version component "18446744073709551616" in "18446744073709551616.1": strconv.ParseUint: parsing "18446744073709551616": value out of range',
  ],
])('the Kubernetes version %j is read as %j', (text, wanted) => {
  expect(parseKubeVersion(text) ?? kubeVersionComplaint(text)).toBe(wanted)
})
