import type { Certificates } from './certificates.ts'

/** A kubeconfig for the administrator, everything inside it. JSON, which every reader of YAML reads. */
export function kubeconfigText(url: string, certificates: Certificates): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'kedge', cluster: { server: url, 'certificate-authority-data': base64(certificates.ca.cert) } },
    ],
    users: [
      {
        name: 'kedge-admin',
        user: {
          'client-certificate-data': base64(certificates.admin.cert),
          'client-key-data': base64(certificates.admin.key),
        },
      },
    ],
    contexts: [{ name: 'kedge', context: { cluster: 'kedge', user: 'kedge-admin', namespace: 'default' } }],
    'current-context': 'kedge',
  }
  return `${JSON.stringify(config, undefined, 2)}\n`
}
