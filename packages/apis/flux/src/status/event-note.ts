/** Something worth telling about an object; becomes a Kubernetes Event, its metadata the event's annotations. */
export interface EventNote {
  /** `error` becomes a Warning, the other is Normal. */
  readonly severity: 'info' | 'error'
  readonly reason: string
  readonly message: string
  readonly metadata: Readonly<Record<string, string>>
}
