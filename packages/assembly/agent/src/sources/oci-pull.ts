import { FailureError } from '@kedge/base'
import type { OciRepositorySpec } from '@kedge/flux'
import { chooseTag, type Descriptor, type Manifest, type OciRegistry } from '@kedge/registry'

/** A repository of a registry, and what is wanted of it. */
export interface OciPull {
  readonly registry: OciRegistry
  readonly repository: string
  readonly spec: OciRepositorySpec
  readonly signal: AbortSignal
}

const chartLayerType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip'

/** What a reference means now: `tag@sha256:…`, or the digest alone. Throws FailureError in Flux's words. */
export async function resolveRef(pull: OciPull): Promise<{ readonly revision: string; readonly digest: string }> {
  const { registry, repository, spec, signal } = pull
  const { ref, url } = spec
  if (ref.kind === 'digest') return { revision: ref.digest, digest: ref.digest }
  const tag =
    ref.kind === 'tag'
      ? ref.tag
      : await told('ReadOperationFailed', `failed to determine the artifact tag for '${url}'`, async () =>
          chooseTag(await registry.tags(repository, signal), {
            range: ref.range,
            filter: ref.filter,
            isChart: spec.layer.mediaType === chartLayerType,
          }),
        )
  const digest = await told('OCIArtifactPullFailed', 'failed to determine artifact digest', async () => {
    const announced = await registry.digestOf(repository, tag, signal)
    return announced ?? (await registry.manifest(repository, tag, signal)).root
  })
  return { revision: `${tag}@${digest}`, digest }
}

/** The wanted layer of an artifact and the artifact's annotations. Throws FailureError in Flux's words. */
export async function pullLayer(
  { registry, repository, spec, signal }: OciPull,
  digest: string,
): Promise<{ readonly bytes: Uint8Array; readonly metadata: Manifest['annotations'] }> {
  const opening = `failed to pull artifact from '${spec.url}'`
  const manifest = await told('OCIArtifactPullFailed', opening, () => registry.manifest(repository, digest, signal))
  const layer = selectLayer(manifest, spec.layer.mediaType)
  const bytes = await told('OCIArtifactPullFailed', opening, () => registry.blob(repository, layer, signal))
  return { bytes, metadata: manifest.annotations }
}

function selectLayer({ layers }: Manifest, mediaType: string): Descriptor {
  if (layers.length === 0) throw layerFailure('no layers found in artifact')
  const layer = mediaType === '' ? layers[0] : layers.find((one) => one.mediaType === mediaType)
  if (layer === undefined) throw layerFailure(`failed to find layer with media type '${mediaType}' in artifact`)
  return layer
}

function layerFailure(message: string): FailureError {
  return new FailureError({ code: 'OCIArtifactLayerOperationFailed', message, fix: 'correct spec.layerSelector' })
}

/** Runs a step; its failures get the reason and the opening words of the step. */
async function told<T>(code: string, opening: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    // Who we are is a matter of its own, whatever step it was needed in.
    if (['InvalidProviderConfiguration', 'AuthenticationFailed'].includes(error.failure.code)) throw error
    throw new FailureError({ ...error.failure, code, message: `${opening}: ${error.failure.message}` })
  }
}
