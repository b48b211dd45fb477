import { choice, list, nameRef, record, text, type Schema } from './schema.ts'

/** How artifacts of registries must be signed; `more` are the fields that one kind has alone. */
export function verificationSchema(more: Readonly<Record<string, Schema>> = {}): Schema {
  const identity = record(
    'One signer.',
    {
      issuer: text('Regular expression that the issuer of the certificate matches.'),
      subject: text('Regular expression that the subject of the certificate matches.'),
    },
    { required: ['issuer', 'subject'] },
  )
  const properties = {
    matchOIDCIdentity: list('Who may have signed without a key; any one of these.', identity),
    provider: choice('The technology of the signature.', ['cosign', 'notation'], { default: 'cosign' }),
    secretRef: nameRef('Secret with the public keys or certificates.'),
    ...more,
  }
  return record('How the artifact must be signed.', properties, { required: ['provider'] })
}
