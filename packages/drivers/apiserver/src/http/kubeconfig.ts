import type { KeyPair } from './certificates.ts'

/** A kubeconfig with everything inside it. JSON, which every reader of YAML reads. */
export function kubeconfigText(options: {
  readonly url: string
  readonly caPem: string
  readonly user: string
  readonly client: KeyPair
}): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const { url, caPem, user, client } = options
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kedge', cluster: { server: url, 'certificate-authority-data': base64(caPem) } }],
    users: [
      {
        name: user,
        user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) },
      },
    ],
    contexts: [{ name: 'kedge', context: { cluster: 'kedge', user, namespace: 'default' } }],
    'current-context': 'kedge',
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}
