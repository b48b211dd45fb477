import type { Dice } from './dice.ts'

/** Scalars on which readers and writers of YAML disagree. */
export const scalars: readonly string[] = [
  '1',
  '"1"',
  '0x1F',
  '012',
  '0o17',
  '1e3',
  '.5',
  '1_000',
  '1.0',
  '-0',
  '+1',
  '~',
  'null',
  '""',
  "''",
  'yes',
  '"yes"',
  'on',
  '"off"',
  'y',
  'n',
  'true',
  '"true"',
  'TRUE',
  '2001-01-01',
  '"2001-01-01"',
  '2001-12-14T21:59:43Z',
  '=',
  'a b',
  '"a: b"',
  "'it''s'",
  '"tab\\there"',
  '"nul\\0"',
  '"é"',
  'é',
  '日本',
  '"\\u00e9"',
  '"# no comment"',
  'a#b',
  '"- x"',
  '"? x"',
  '"[x"',
  '"{x"',
  '"*a"',
  '"&a"',
  '"!t"',
  '"@x"',
  '"%x"',
  '"`x"',
  '" lead"',
  '"trail "',
  '"line\\n"',
  '"a\\nb"',
  '"a\\n\\nb\\n"',
  '12345678901234567890',
  '1.23456789012345678',
  '1e400',
  '0b101',
  '190:20:30',
  '"0"',
  '00',
  '0.10',
  '!!str 5',
  '!!int "5"',
  'x'.repeat(90),
  `"${'word '.repeat(30)}"`,
  '"a\\\\b"',
  '"\\""',
  "'\"'",
  '123e',
  '0x',
  '1:2',
  '"key: |"',
  '...',
  '"---"',
]

/** What `random-objects` names things. */
export const names: readonly string[] = ['web', 'api', 'db']

const metadata = (dice: Dice, name: string): string =>
  `metadata:\n  name: ${name}\n${dice.maybe(0.2, () => `  namespace: ${dice.pick(['foo', 'bar', 'default'])}\n`)}${dice.maybe(0.4, () => `  labels: {app: ${name}${dice.maybe(0.3, () => `, extra: ${dice.pick(['"1"', 'x', '"true"'])}`)}}\n`)}${dice.maybe(0.3, () => `  annotations:\n    note: ${dice.pick(scalars.filter((text) => text.startsWith('"') || /^[a-z]/.test(text)))}\n${dice.maybe(0.2, () => '    config.kubernetes.io/local-config: "true"\n')}`)}`

function container(dice: Dice, name: string): string {
  const image = dice.pick([
    'nginx',
    'nginx:1.2',
    'reg.io:5000/nginx@sha256:abc',
    'nginx:1@sha256:abcd',
    'reg.io/team/nginx:v1',
    'library/nginx',
    '"nginx:latest"',
  ])
  return `      - name: ${name}
        image: ${image}
${dice.maybe(
  0.5,
  () => `        env:
        - {name: A, value: ${dice.pick(['"1"', 'x', '$(VAR)', 'pre-$(VAR)-post', '"$$(VAR)"'])}}
        - name: B
          valueFrom: {configMapKeyRef: {name: cfg, key: b}}
        - name: S
          valueFrom:
            secretKeyRef: # comment here
              name: sec
              key: ${dice.pick(scalars)}
`,
)}${dice.maybe(0.4, () => `        ports:\n        - containerPort: 80\n        - containerPort: 80\n          protocol: UDP\n${dice.maybe(0.3, () => '        - {containerPort: 443, name: https}\n')}`)}${dice.maybe(0.3, () => `        envFrom:\n        - configMapRef: {name: cfg}\n        - secretRef: {name: sec}\n`)}${dice.maybe(0.3, () => `        volumeMounts:\n        - mountPath: /x\n          name: v\n`)}${dice.maybe(0.2, () => `        args: ["--x=${dice.pick(['$(VAR)', 'y'])}", ${dice.pick(scalars)}]\n`)}`
}

function podSpec(dice: Dice, name: string): string {
  return `    spec:
${dice.maybe(0.4, () => `      serviceAccountName: ${name}-sa\n`)}${dice.maybe(0.3, () => `      initContainers: ${dice.pick(['[]', 'null', '[{name: i, image: "busybox:1"}]'])}\n`)}      containers:
${container(dice, 'main')}${dice.maybe(0.5, () => container(dice, 'side'))}${dice.maybe(
    0.5,
    () => `      volumes:
      - name: v
        configMap: {name: cfg${dice.maybe(0.3, () => ', items: [{key: k, path: p}]')}}
      - name: p
        persistentVolumeClaim: {claimName: ${name}-pvc}
      - name: proj
        projected: {sources: [{configMap: {name: cfg}}, {secret: {name: sec}}]}
`,
  )}${dice.maybe(0.2, () => `      imagePullSecrets: [{name: sec}]\n`)}${dice.maybe(0.2, () => `      tolerations:\n      - {key: a, operator: Exists}\n      nodeSelector: {x: ${dice.pick(scalars)}}\n`)}`
}

function workload(dice: Dice, name: string): string {
  const kind = dice.pick(['Deployment', 'Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'])
  return `${dice.maybe(0.2, () => '# leading comment\n')}apiVersion: apps/v1
kind: ${kind}
${metadata(dice, name)}spec:
${dice.maybe(0.7, () => `  replicas: ${dice.pick(['1', '2', '"3"', 'null'])} # how many\n`)}  selector:
    matchLabels: {app: ${name}}
${kind === 'StatefulSet' ? `  serviceName: ${name}\n  volumeClaimTemplates:\n  - metadata: {name: data${dice.maybe(0.4, () => `, labels: {app: ${name}}`)}}\n    spec: {storageClassName: fast}\n` : ''}  template:
    metadata:
      labels: {app: ${name}}
${podSpec(dice, name)}`
}

function job(dice: Dice, name: string): string {
  const inner = podSpec(dice, name).replaceAll(/^/gm, '    ').trimEnd()
  return `apiVersion: batch/v1\nkind: CronJob\n${metadata(dice, name)}spec:\n  schedule: "${dice.pick(['*/5 * * * *', '@daily'])}"\n  jobTemplate:\n    spec:\n      template:\n        metadata: {labels: {job: ${name}}}\n${inner}\n`
}

function widget(dice: Dice, name: string): string {
  return `apiVersion: example.com/v1
kind: Widget
${metadata(dice, name)}spec:
  list: [a, ${dice.pick(scalars)}]
  items:
  - name: x
    v: ${dice.pick(scalars)}
  - name: y
    v: ${dice.pick(scalars)}
  # a comment inside
  nested: {k: {l: m}, empty: {}, nul: null, blank: }
  text: |${dice.pick(['', '-', '+'])}
    line1
      line2

    line3
${dice.maybe(0.3, () => '\n')}  folded: >${dice.pick(['', '-', '+'])}
    some folded
    text here

    para
  ${dice.pick(['deploy', 'ref'])}: ${name}
  secretName: sec
  cfg: '{"a": {"b": 1, "c": "x"}}'
  image: nginx
  multi: "a
    b\\
    c"
  ? ${dice.pick(['complex', '"quoted key"', '"1"', '"true"'])}
  : ${dice.pick(scalars)}
${dice.maybe(0.3, () => `  anchor: &a {x: ${dice.pick(scalars)}}\n  alias: *a\n  merged: {<<: *a, y: 2}\n`)}${dice.maybe(0.3, () => `status: {}\n`)}`
}

const more: readonly ((dice: Dice, name: string) => string)[] = [
  (dice, name) =>
    `apiVersion: v1\nkind: Service\n${metadata(dice, name)}spec:\n  selector: {app: ${name}}\n  ports:\n  - port: 80\n    targetPort: http\n  - {port: 81, protocol: UDP}\n`,
  (dice, name) =>
    `apiVersion: v1\nkind: ServiceAccount\n${metadata(dice, `${name}-sa`)}${dice.maybe(0.3, () => 'secrets: [{name: sec}]\nimagePullSecrets:\n- name: sec\n')}`,
  (dice, name) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${dice.pick(['RoleBinding', 'ClusterRoleBinding'])}\n${metadata(dice, name)}roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ${dice.pick(['Role', 'ClusterRole'])}\n  name: ${name}-role\nsubjects:\n- kind: ServiceAccount\n  name: ${dice.pick([`${name}-sa`, 'default', 'other'])}\n${dice.maybe(0.7, () => `  namespace: ${dice.pick(['default', 'foo', 'bar'])}\n`)}- kind: User\n  name: jane\n`,
  (dice, name) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${dice.pick(['Role', 'ClusterRole'])}\n${metadata(dice, `${name}-role`)}rules:\n- apiGroups: [""]\n  resources: [secrets]\n  resourceNames: [sec, cfg]\n  verbs: [get]\n`,
  (dice, name) =>
    `apiVersion: networking.k8s.io/v1\nkind: Ingress\n${metadata(dice, name)}spec:\n  tls: [{hosts: [a], secretName: sec}]\n  rules:\n  - host: ${name}.example.com\n    http:\n      paths:\n      - path: /\n        backend: {service: {name: ${name}, port: {number: 80}}}\n`,
  (dice) => `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${dice.pick(['foo', 'bar'])}\n`,
  (dice, name) =>
    `apiVersion: v1\nkind: ConfigMap\n${metadata(dice, dice.pick([name, 'plain']))}data:\n  k: ${dice.pick(scalars)}\n  file: |\n    a\n    b ${dice.pick(['', '$(VAR)'])}\n`,
  (dice, name) =>
    `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\n${metadata(dice, name)}spec:\n  minReplicas: 1\n  scaleTargetRef: {apiVersion: apps/v1, kind: ${dice.pick(['Deployment', 'StatefulSet'])}, name: ${name}}\n`,
  (dice, name) =>
    `apiVersion: v1\nkind: PersistentVolumeClaim\n${metadata(dice, `${name}-pvc`)}spec: {storageClassName: fast, volumeName: pv}\n`,
  (dice, name) =>
    `apiVersion: policy/v1\nkind: PodDisruptionBudget\n${metadata(dice, name)}spec: {selector: {matchLabels: {app: ${name}}}}\n`,
  (dice, name) =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n${metadata(dice, name)}spec:\n  podSelector: {matchLabels: {app: ${name}}}\n  ingress:\n  - from:\n    - podSelector: {matchLabels: {app: other}}\n    - namespaceSelector:\n        matchExpressions: [{key: a, operator: In, values: [b]}]\n`,
  (dice, name) =>
    `apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.com\nspec:\n  group: example.com\n  names: {kind: Widget, plural: widgets}\n  scope: ${dice.pick(['Namespaced', 'Cluster'])}\n  versions: []\n${dice.maybe(0.4, () => `  conversion: {webhook: {clientConfig: {service: {name: ${name}, namespace: foo}}}}\n`)}`,
  (dice, name) =>
    `apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\n${metadata(dice, name)}webhooks:\n- name: a.b.c\n  clientConfig:\n    service: {name: ${name}, namespace: ${dice.pick(['foo', 'default', 'bar'])}}\n`,
  (dice, name) =>
    `apiVersion: v1\nkind: Secret\n${metadata(dice, 'own')}type: Opaque\nstringData:\n  a: ${dice.pick(scalars)}\ndata: {b: eA==, file-${name}: !!binary aGk=}\n`,
  (dice, name) =>
    `apiVersion: v1\nkind: ${dice.pick(['List', 'ConfigMapList'])}\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: l1-${name}}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: l2-${name}${dice.maybe(0.3, () => ', namespace: foo')}}\n  data: {a: ${dice.pick(scalars)}}\n`,
  (dice, name) =>
    `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "json-${name}"}, "data": {"z": "1", "a": ${dice.pick(['"b"', 'null', '"\\u00e9\\n"'])}}}\n`,
  (dice, name) =>
    `apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: ${name}-gen-\n${dice.maybe(0.95, () => `  name: ${name}-job\n`)}spec: {template: {spec: {containers: [{name: j, image: nginx}]}}}\n`,
]

/** A file of one to six objects around one name; each kind of maker is used once. */
export function randomObjects(dice: Dice, name: string): string {
  const makers = [dice.chance(0.85) ? workload : job]
  const pool = [widget, widget, ...more]
  for (const maker of dice.some([1, 5], () => dice.pick(pool))) if (!makers.includes(maker)) makers.push(maker)
  const separator = dice.pick(['---\n', '---\n', '--- # next\n', '---\n---\n'])
  const objects = makers.map((maker) => maker(dice, name))
  return `${dice.maybe(0.1, () => '# head\n---\n')}${objects.join(separator)}${dice.maybe(0.1, () => '---\n')}`
}
