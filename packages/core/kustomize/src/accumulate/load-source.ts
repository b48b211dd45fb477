import { buildFailure } from '../build-failure.ts'
import { decodeUtf8 } from '../generate/pairs.ts'
import type { Loader } from '../load/loader.ts'
import { readKustomization, type KustomizationFile } from '../read/read-kustomization.ts'
import type { BuildState } from './build-state.ts'

/** The names that a kustomization file may have. */
export const kustomizationFileNames: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** Reads the one kustomization file of a folder. */
export function loadSource(loader: Loader, state: Pick<BuildState, 'warnings'>): KustomizationFile {
  const found = kustomizationFileNames.filter((name) => loader.has(name))
  const [name, second] = found
  const folder = loader.root === '' ? '.' : loader.root
  if (name === undefined) {
    throw buildFailure(
      'kustomize-no-file',
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${folder}'`,
    )
  }
  if (second !== undefined) {
    throw buildFailure('kustomize-no-file', `Found multiple kustomization files under: ${folder}`, {
      fix: `keep one of ${found.join(', ')}`,
    })
  }
  const file = loader.load(name)
  const text = decodeUtf8(file.bytes)
  if (text === undefined) {
    throw buildFailure('kustomize-invalid', 'invalid Kustomization: the file is not UTF-8', {
      origin: { file: file.name },
    })
  }
  const source = readKustomization(text, file.name)
  state.warnings.push(...source.warnings)
  return source
}

/** A component is no resource, and only a component is a component. */
export function checkKind({ fields, originOf, file }: KustomizationFile, isComponent: boolean): void {
  if (isComponent === (fields.kind === 'Component')) return
  const message = isComponent
    ? `expected kind 'Component' for path '${file}' but got '${fields.kind ?? ''}'`
    : `expected kind != 'Component' for path '${file}'`
  throw buildFailure('kustomize-invalid', message, {
    origin: { line: 1, ...originOf('kind') },
    fix: isComponent ? 'list it under `resources`' : 'list it under `components`',
  })
}
