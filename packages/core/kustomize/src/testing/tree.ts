import { treeFromFiles, type FileTree } from '@kedge/tree'
import { FailureError } from '@kedge/base'

/** A tree of texts; a leading line break of each text is dropped. */
export function treeOf(files: Readonly<Record<string, string>>): FileTree {
  return treeFromFiles(new Map(Object.entries(files).map(([path, text]) => [path, text.replace(/^\n/, '')])))
}

/** The failure that a call throws. */
export function failureOf(run: () => unknown): FailureError['failure'] {
  try {
    run()
  } catch (error) {
    if (error instanceof FailureError) return error.failure
    throw error
  }
  throw new Error('it did not fail')
}

export const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: main
        image: registry.example:5000/web:1.0
        envFrom:
        - configMapRef: {name: settings}
`
