/** Commands whose modules are looked at together before the bundle is used; `all` stands for any command. */
export type Family = 'program' | 'helm' | 'kustomize' | 'all'
export declare function useLittleMemory(): void
export declare function bundlesFolder(root: string): string
export declare function familyOf(args: readonly string[]): Family
export declare function freshBundle(root: string, family: Family): string | undefined
