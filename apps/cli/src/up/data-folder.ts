import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { FailureError } from '@kedge/base'

/** The folder that `kedge up` keeps its state in, held by one process at a time. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string
  readonly kubeconfig: string
  readonly log: string
  readonly cluster: string
  readonly demo: string
}

/** Where things lie in a data folder, whether or not anybody holds it. */
export function dataFolderPaths(folder: string): Omit<DataFolder, keyof AsyncDisposable> {
  return {
    path: folder,
    kubeconfig: path.join(folder, 'kubeconfig'),
    log: path.join(folder, 'kedge.log'),
    cluster: path.join(folder, 'cluster'),
    demo: path.join(folder, 'demo'),
  }
}

/** Makes the folder if need be, keeps Git from seeing it, and takes its lock. Throws FailureError when another process holds it. */
export async function openDataFolder(folder: string): Promise<DataFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw unusable(folder, cause)
  })
  const lock = path.join(folder, 'lock')
  await takeLock(lock, folder)
  try {
    await writeFile(path.join(folder, '.gitignore'), '*\n')
  } catch (cause) {
    await rm(lock, { force: true })
    throw unusable(folder, cause)
  }
  return { ...dataFolderPaths(folder), [Symbol.asyncDispose]: () => rm(lock, { force: true }) }
}

/** The process that holds a data folder, if it is alive. */
export async function holderOf(folder: string): Promise<number | undefined> {
  const pid = Number(await readFile(path.join(folder, 'lock'), 'utf8').catch(() => ''))
  return Number.isInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined
}

async function takeLock(lock: string, folder: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const handle = await open(lock, 'wx', 0o600)
      await handle.writeFile(String(process.pid))
      await handle.close()
      return
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(folder, cause)
      const holder = await holderOf(folder)
      if (holder !== undefined)
        throw new FailureError({
          code: 'FolderInUse',
          message: `another kedge (process ${holder}) runs in ${folder}`,
          fix: 'stop it, or choose another folder with --data-dir',
        })
      await rm(lock, { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function unusable(folder: string, cause: unknown): FailureError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new FailureError(
    {
      code: 'FolderUnusable',
      message: `the data folder ${folder} cannot be written: ${why}`,
      fix: 'free space or permissions, or choose another folder with --data-dir',
    },
    { cause },
  )
}
