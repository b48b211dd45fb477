import type { Blob, FileTree, TreeEntry } from './file-tree.ts'

/** One question put to a tree and what identifies its answer. */
export interface TreeRead {
  readonly question: 'kind' | 'file' | 'list'
  readonly path: string
  /** Digest of a file with its mode, names of a list, kind; empty when there was nothing. */
  readonly answer: string
}

/** A tree that notes what is read through it, and the notes so far, each question once. */
export interface RecordingTree {
  readonly tree: FileTree
  reads(): readonly TreeRead[]
}

/** Wraps a tree to learn what a render depends on. Asking for the digest of the whole counts as reading everything. */
export function recordingTree(tree: FileTree): RecordingTree {
  const reads = new Map<string, TreeRead>()
  function note(question: TreeRead['question'], path: string, answer: string): void {
    reads.set(`${question} ${path}`, { question, path, answer })
  }
  const recording: FileTree = {
    get digest(): string {
      note('list', '', tree.digest)
      return tree.digest
    },
    kindOf(path: string): 'file' | 'directory' | undefined {
      const kind = tree.kindOf(path)
      note('kind', path, kind ?? '')
      return kind
    },
    file(path: string): Blob | undefined {
      const blob = tree.file(path)
      note('file', path, fileAnswer(blob))
      return blob
    },
    list(path: string): readonly TreeEntry[] | undefined {
      const entries = tree.list(path)
      note('list', path, listAnswer(entries))
      return entries
    },
  }
  return { tree: recording, reads: () => [...reads.values()] }
}

/** Whether another tree answers every noted question alike, so that what was rendered from the first holds for it too. */
export function readsHold(reads: readonly TreeRead[], tree: FileTree): boolean {
  return reads.every((read) => {
    switch (read.question) {
      case 'kind':
        return (tree.kindOf(read.path) ?? '') === read.answer
      case 'file':
        return fileAnswer(tree.file(read.path)) === read.answer
      case 'list':
        return read.answer.startsWith('sha256:')
          ? tree.digest === read.answer
          : listAnswer(tree.list(read.path)) === read.answer
    }
  })
}

function fileAnswer(blob: Blob | undefined): string {
  return blob === undefined ? '' : `${blob.executable ? 'x' : 'f'} ${blob.digest}`
}

function listAnswer(entries: readonly TreeEntry[] | undefined): string {
  return entries === undefined ? '' : JSON.stringify(entries.map(({ name, kind }) => [name, kind]))
}
