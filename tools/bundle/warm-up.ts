import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { main as programMain } from '../../apps/cli/src/main.ts'

const chart: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: warm\nversion: 1.0.0\nappVersion: "1"\nkubeVersion: ">=1.20.0-0"\n',
  'values.yaml': `# -- comment
replicas: 2
name: 'a'
image: { repository: example.com/a, tag: "1.2", pullPolicy: IfNotPresent }
args: [one, "two"]
env:
  - name: A
    value: "1"
labels: {}
text: |
  lines
  of text
`,
  'templates/_partials.tpl': `{{/* A name. */}}
{{- define "warm.name" -}}
{{- $name := default .Chart.Name .Values.name | trunc 63 | trimSuffix "-" -}}
{{- if contains $name .Release.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-%s" .Release.Name $name }}{{ end }}
{{- end }}
{{- define "warm.labels" }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}
`,
  'templates/deployment.yaml': `{{- if and .Values.replicas (not .Values.absent) }}
apiVersion: {{ ternary "apps/v1" "v1" (.Capabilities.APIVersions.Has "apps/v1") }}
kind: Deployment
metadata:
  name: {{ include "warm.name" . | quote }}
  namespace: {{ .Release.Namespace }}
  labels: {{- include "warm.labels" . | nindent 4 }}
  annotations:
    checksum: {{ toYaml .Values | sha256sum }}
    version: {{ semverCompare ">=1.21-0" .Capabilities.KubeVersion.GitVersion | toString }}
spec:
  replicas: {{ .Values.replicas | int }}
  template:
    spec:
      containers:
      {{- range $index, $arg := .Values.args }}
      - name: {{ $arg }}-{{ add $index 1 }}
        image: "{{ $.Values.image.repository }}:{{ $.Values.image.tag | default $.Chart.AppVersion }}"
        env: {{- tpl (toYaml $.Values.env) $ | nindent 10 }}
      {{- end }}
{{- else if eq .Values.name "b" }}
{{- fail "no" }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata: { name: x, labels: {{ dict "a" "b" | toJson }} }
data:
  text: |- {{- .Values.text | nindent 4 }}
  merged: {{ mergeOverwrite (dict "a" 1) (fromYaml "b: 2") | toJson | b64enc | squote }}
  names: {{ list "b" "a" | sortAlpha | join "," | upper | lower | trim }}
`,
  'templates/NOTES.txt': 'Installed {{ .Release.Name }}.\n',
}

const folder: Readonly<Record<string, string>> = {
  'kustomization.yaml': `resources: [deployment.yaml]
namePrefix: a-
namespace: ns
labels: [{ pairs: { app: a }, includeSelectors: true }]
images: [{ name: example.com/a, newTag: "2" }]
configMapGenerator: [{ name: c, literals: [a=b] }]
patches:
- patch: |-
    apiVersion: apps/v1
    kind: Deployment
    metadata: { name: d }
    spec: { replicas: 3 }
- target: { kind: Deployment }
  patch: '[{ "op": "add", "path": "/metadata/annotations", "value": { "a": "b" } }]'
`,
  'deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: d # comment
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: c
        image: example.com/a:1
        envFrom: [{ configMapRef: { name: c } }]
`,
}

/** Runs a command of each family on small files in a folder. Throws when one of them does not end well. */
export async function warmUp(main: typeof programMain, place: string): Promise<void> {
  write(path.join(place, 'chart'), chart)
  write(path.join(place, 'folder'), folder)
  const complaints: string[] = []
  const io = {
    stdout: () => {},
    stderr: (text: string) => void complaints.push(text),
    cwd: place,
    env: {},
    isTerminal: false,
    columns: 80,
  }
  for (const line of ['version', 'helm template warm chart', 'kustomize build folder']) {
    const code = await main(line.split(' '), io)
    if (code !== 0) throw new Error(`kedge ${line} ended with ${code}: ${complaints.join('')}`)
  }
}

function write(to: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(to, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
