/** The real helm and kedge take the same flags, in every form, and say the same of those that they do not take. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helmPair, type HelmPair } from './helm-pair.ts'

const files = {
  'web/Chart.yaml': 'apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: "4.5"\n',
  'web/values.yaml': 'a: 1\nb: {c: d, e: [1, {f: g}]}\n',
  'web/README.md': '# web\n',
  'web/crds/crd.yaml': 'kind: CustomResourceDefinition\nmetadata: {name: foos.x.io}\n',
  'web/templates/cm.yaml':
    'v: {{ toJson .Values }}\nn: {{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.IsUpgrade }}\nk: {{ .Capabilities.KubeVersion }} {{ .Capabilities.APIVersions.Has "foo/v1" }}\n',
  'web/templates/d/e.yml': 'kind: Deployment\nmetadata: {name: x}\n',
  'web/templates/hook.yaml': 'metadata: {name: h, annotations: {helm.sh/hook: test}}\n',
  'web/templates/NOTES.txt': 'notes\n',
  'bad/Chart.yaml': 'apiVersion: v2\nname: bad\nversion: x\n',
  'bad/templates/a.yaml': 'a: {{ .Values.x.y }}\n',
  'lib/Chart.yaml': 'apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n',
  'none/file': '',
  'fake.tgz': 'x',
  'v1.yaml': 'a: v1\n',
  'v2.yaml': 'b: {c: null}\n',
  'list.yaml': '- a\n',
  'broken.yaml': 'a: [\n',
  kubeconfig: `apiVersion: v1
kind: Config
current-context: own
contexts:
- {name: own, context: {cluster: c, user: u, namespace: own-namespace}}
- {name: other, context: {cluster: c, user: u, namespace: other-namespace}}
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
`,
}

/** The words of a line; a blank inside of one is written as `␣`. */
function wordsOf(line: string): readonly string[] {
  return line.split(' ').map((word) => word.replaceAll('␣', ' ').replace(/^""$/, ''))
}

const template = `
rel|-n x|--namespace=x|-nx|-n=x|-n=|--set a=1,b=2|--set=a=b|--set a=1 --set a=2|--set a=null|--set b.c=null
--set a={1,2}|--set a[1]=z|--set a|--set a=|--set =1|--set ,|--set a[x]=1|--set a[=1|--set a=1 --set-string a=2 --set-json a=3
--set-string a=true|--set-json a={"x":1}|--set-json {"a":2}|--set-json a={|--set-json a|--set-literal a=1,b=2|--set-literal a
--set-file a=v1.yaml|--set-file a=nope|--set-file a|-f v1.yaml|-f v1.yaml,v2.yaml|-fv1.yaml|-f=v1.yaml|-f|-f ""|-f nope
-f broken.yaml|-f list.yaml|-f none|-f "v1.yaml|-f v1.yaml,,v2.yaml|--values v1.yaml --values=v2.yaml|-f ftp://x/v.yaml
--nope|-z|-zz|--n|--=x|---x|-- --nope|-|-s templates/cm.yaml|-s templates/*.yaml|-s templates/*/*.yml|-s cm.yaml|-s templates/[
-s templates/d/e.yml -s templates/cm.yaml|-s templates/NOTES.txt|-s templates/hook.yaml --skip-tests|-s crds/crd.yaml --include-crds
--skip-tests|--no-hooks|--no-hooks=false|--no-hooks=maybe|--no-hooks=|--no-hooks true|--is-upgrade|--include-crds|--include-crds --skip-crds
--kube-version 1.30|--kube-version v1.30.1+k3s1|--kube-version 1|--kube-version x|--kube-version=|--kube-version v01.30
--api-versions foo/v1|-a bar,foo/v1|-ga foo/v1 -n y|--name-template x-{{1}}|--name-template {{|--name-template X|--name-template ""
--generate-name --name-template foo|-g=false|--timeout 5|--timeout 5s|--timeout x|--timeout 1d|--timeout 5m3|--timeout -1.5h
--wait|--wait=legacy|--wait=x|--wait=true|--wait=false|--wait-for-jobs|--atomic|--rollback-on-failure|--force|--hide-notes
--force-replace --force-conflicts|--force --force-conflicts|--labels a=b|-l a|-l a=b,c|-l a=b,c=d,e|-l ""|--server-side|--server-side=x
--dry-run|--dry-run=client|--dry-run=none|--dry-run=true|--dry-run=x|--validate=false|--validate --dry-run|--render-subchart-notes
--description x --create-namespace --replace --take-ownership --enable-dns --disable-openapi-validation|--burst-limit x|--burst-limit 0b11
--burst-limit 1_000|--burst-limit 99999999999999999999|--qps x|--qps NaN|--qps 1e400|--color x|--color always|--colour never|-v 4 --skip-headers
--kubeconfig kubeconfig|--kubeconfig kubeconfig --kube-context other|--kubeconfig nope|--kube-context nope|--kube-token t --kube-as-user u
--version 1.0|--devel|--verify|--ca-file nope|--cert-file nope --key-file nope|--cert-file nope|--skip-schema-validation|--help=false
`
const others = `
template|template none|template nope|template ./nope|template /nope|template fake.tgz|template v1.yaml|template lib|template bad|template ""
template rel ""|template "" web|template a b c d|template Rel web|template rel web -g|template rel web --name-template x|template none -f nope
template ␣web|template none/../web|-n x template web|--debug=false template web|--kube-context x -nx template web
nope|templat|tempalte|lits|--nope|-n|--help=x|get --nope|show --nope|dependency -z|lint|lint web|lint bad|lint bad --strict|lint lib --quiet
lint web --quiet|lint nope|lint none|lint v1.yaml|lint fake.tgz|lint nope.tgz|lint ./web/ bad|lint web -f nope|lint web --set a|lint web --kube-version x
lint web --strict=no|lint web -n x|lint -- web|show all web|show chart web|show values web|show readme web|show crds web|show all lib|show readme lib
show values web --jsonpath {.b.c}|show values web --jsonpath {.|show values web --jsonpath=|show chart web --jsonpath x|show chart|show chart a b
show chart nope|show chart ./nope|show chart none|show chart v1.yaml|show chart fake.tgz|show chart web --version 9|show -n x all web|show all --debug web
list x|list -m x|list -o x|list --offset=|history|history a b|history x --max x|get values|get values x y|get all x --revision x|get metadata x -o x
dependency list|dependency list web|dependency list nope|dependency list v1.yaml|dependency list web --max-col-width -1|dependency list web bad
dependency build nope|dependency build v1.yaml|dependency build web bad|dependency update nope|dependency build --nope|verify|verify ""|verify web
verify nope|verify nope.tgz|verify fake.tgz|verify v1.yaml|verify a b|pull|pull nope|pull ./nope|pull ftp://x/y.tgz|pull nope --version
version --short|version --template {{.Version}}|version x
`

function table(text: string): readonly string[] {
  return text.split(/[\n|]/).filter((line) => line !== '')
}

describe('helm and kedge', () => {
  let pair: HelmPair

  beforeAll(() => {
    pair = helmPair()
    pair.write(files)
  })

  afterAll(() => pair.close())

  test.each([...table(template).map((flags) => `template web ${flags}`), ...table(others)])('%s', async (line) => {
    const words = wordsOf(line)
    const theirs = await pair.helm(...words)
    expect(await pair.kedge(...words)).toEqual(theirs)
  })
})
