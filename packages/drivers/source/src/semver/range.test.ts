import { compareVersions, parseVersion } from '@kedge/semver'
import { expect, test } from 'vitest'
import { readRange, readVersion } from './range.ts'

const inside = (range: string, version: string) => readRange(range)?.contains(parseVersion(version)) === true

test.each<[string, string, string]>([
  ['=2.0.0', '2.0.0 v2.0.0 2.0.0+build', '1.2.3 2.0.0-rc.1 2.0.1'],
  ['1.2.3', '1.2.3', '1.2.4'],
  ['!=1.2.3', '1.2.4 0.1.0', '1.2.3 1.2.4-beta'],
  ['!=4.1', '4.0.0 4.2.0 5.1.0', '4.1.0 4.1.9'],
  ['>1.1', '1.2.0 2.0.0', '1.1.0 1.1.9'],
  ['>11', '12.0.0', '11.0.0 11.9.9'],
  ['>1.2.3', '1.2.4', '1.2.3 1.2.2'],
  ['<=1.1', '1.1.0 1.1.9 0.9.0', '1.2.0 2.0.0'],
  ['<=11', '11.9.9', '12.0.0'],
  ['<1.2', '1.1.9', '1.2.0'],
  ['>=1.2.0 <2.0.0', '1.2.0 1.9.9', '2.0.0 1.1.9 1.3.0-alpha'],
  ['>=1.2.0, <2.0.0', '1.5.0', '2.0.0'],
  ['>= 1.2.0 , < 2', '1.5.0', '2.0.0'],
  ['=>1.2.0 =<1.3.0', '1.2.0 1.3.0', '1.3.1'],
  ['<1.0.0 || >=2.0.0', '0.9.0 2.1.0', '1.5.0'],
  ['1.2 - 1.4.5', '1.2.0 1.4.5 1.3.9', '1.1.9 1.4.6'],
  ['~1.2.3', '1.2.3 1.2.9', '1.3.0 1.2.2'],
  ['~1', '1.0.0 1.9.9', '2.0.0'],
  ['~>2.3', '2.3.0 2.3.9', '2.4.0'],
  ['1.2.x', '1.2.0 1.2.9', '1.3.0'],
  ['1.x', '1.0.0 1.9.0', '2.0.0'],
  ['*', '0.0.0 1.0.0 99.0.0', '1.0.0-rc.1'],
  ['', '1.0.0', '1.0.0-rc.1'],
  ['x.x.x', '3.2.1', '3.2.1-a'],
  ['^1.2.3', '1.2.3 1.9.9', '2.0.0 1.2.2'],
  ['^0.2.3', '0.2.3 0.2.9', '0.3.0 1.0.0'],
  ['^0.0.3', '0.0.3', '0.0.4 0.1.0'],
  ['^0.0', '0.0.0 0.0.9', '0.1.0'],
  ['^0', '0.0.0 0.9.9', '1.0.0'],
  ['^0.2', '0.2.0 0.2.9', '0.3.0'],
  ['>=1.0.0-0', '1.0.0-alpha 1.0.0 2.0.0-rc.1', '0.9.0'],
  // A pre-release anywhere in a group opens the group to pre-releases.
  ['>=1.0.0-0 <2.0.0', '1.5.0-rc.1 1.5.0', '2.0.0'],
  ['>=1.0.0 <2.0.0-0', '1.5.0-rc.1', '2.0.0'],
  ['>=1.0.0-0 || <0.5.0', '1.0.0-rc.1', '0.4.0-rc.1'],
  ['~1.2.3-beta', '1.2.3-beta.2 1.2.4 1.2.3', '1.2.3-alpha 1.3.0'],
  ['^1.2.0-0', '1.2.0-rc.1 1.3.0', '2.0.0'],
  ['v1.2.3', '1.2.3', '1.2.4'],
])('[V1] the range %j contains the versions that it should', (range, yes, no) => {
  expect(yes.split(' ').filter((version) => !inside(range, version))).toEqual([])
  expect(no.split(' ').filter((version) => inside(range, version))).toEqual([])
})

test.each([
  '>',
  'abc',
  '1.2.3.4',
  '>>1',
  '1 || ',
  '~~1',
  '1.2.3 ||| 2',
  '--1',
  'a.b.c',
  '01.2.3',
  '!',
  '1..2',
  'latest',
])('[V1] %j is no range, or the range of everything', (text) => {
  const range = readRange(text)
  expect(text === '1 || ' ? range !== undefined : range === undefined).toBe(true)
})

test('[V1] versions are ordered as semantic versioning says', () => {
  const ordered = [
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1.0.0',
    '1.0.1',
    '1.10.0',
    '2.0.0',
  ]
  const versions = ordered.map((text) => parseVersion(text))
  expect(
    versions
      .toReversed()
      .toSorted(compareVersions)
      .map(({ original }) => original),
  ).toEqual(ordered)
  expect(compareVersions(parseVersion('1.0.0+a'), parseVersion('1.0.0+b'))).toBe(0)
})

test.each([
  '1.2',
  'v1',
  '1.2.3.4',
  '01.2.3',
  '1.2.3-',
  '1.2.3-01',
  'x1.2.3',
  'v',
  '',
  '1.2.3 ',
  '-1.2.3',
  'release-1.2.3',
])('[V1] %j is no full version', (text) => {
  expect(readVersion(text)).toBeUndefined()
})
