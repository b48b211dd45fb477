export type { Blob, FileTree, TreeEntry } from './file-tree.ts'
export { type BuildOptions, type FileContent, checkCollisions, overlay, treeFromFiles } from './build-tree.ts'
export { type CollisionRule, collisionKey, compareNames, entryNameProblem } from './entry-name.ts'
export { locate, maxLinkHops, rootOf, treeOf, type Located } from './node-tree.ts'
export { type PackedTree, packTree, unpackTree } from './packed-tree.ts'
export { type TarEntry, type TarRules, tarEntries } from './read-tar.ts'
export { type RecordingTree, type TreeRead, readsHold, recordingTree } from './recording-tree.ts'
export {
  type FilterEntry,
  type FilterMemo,
  type FilterOptions,
  type PathChange,
  type WalkedFile,
  diffTrees,
  filterTree,
  subtree,
  walkTree,
} from './select-tree.ts'
export { type Sha256, sha256Hex } from './sha256.ts'
export { type DirectoryNode, type FileNode, type LinkNode, type TreeNode, blobOf, directoryNode } from './tree-node.ts'
export { cleanSegments } from './tree-path.ts'
