import type { StoredArtifact } from '@kedge/flux'
import type { ArtifactServer } from '@kedge/source'

/** The artifact of one source as it is served, the present one and the one before. */
export interface Published {
  readonly artifact: StoredArtifact
  readonly latestUrl: string
}

/** Keeps the files of sources of one kind served: two at most for each, and a name that always leads to the latest. */
export interface PublishedFiles {
  /** Serves a file as the source's artifact. */
  publish(key: string, file: PublishedFile): Published
  forget(key: string): void
}

export interface PublishedFile {
  readonly revision: string
  readonly digest: string
  readonly size: number
  readonly contentType: string
  /** Path below the folder of the source. */
  readonly name: string
  readonly read: () => Uint8Array | undefined
}

/** `folder` is the kind in lower case, `latest` the name of the file that always is the newest one. */
export function createPublishedFiles(
  artifacts: Pick<ArtifactServer, 'publishFile' | 'withdraw'>,
  { folder, latest }: { readonly folder: string; readonly latest: string },
): PublishedFiles {
  const paths = new Map<string, readonly string[]>()
  return {
    publish(key, file) {
      const { revision, digest, size } = file
      const path = `${folder}/${key}/${file.name}`
      const served = artifacts.publishFile(path, file)
      const { url: latestUrl } = artifacts.publishFile(`${folder}/${key}/${latest}`, file)
      // The one before stays for who is still fetching it.
      const all = [path, ...(paths.get(key) ?? []).filter((one) => one !== path)]
      for (const old of all.slice(2)) artifacts.withdraw(old)
      paths.set(key, all.slice(0, 2))
      return { artifact: { revision, digest, size, path, url: served.url }, latestUrl }
    },
    forget(key) {
      for (const path of paths.get(key) ?? []) artifacts.withdraw(path)
      artifacts.withdraw(`${folder}/${key}/${latest}`)
      paths.delete(key)
    },
  }
}
