export type { Blob, FileTree, TreeEntry } from './file-tree.ts'
