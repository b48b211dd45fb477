/** Starts a real Kubernetes control plane on loopback: etcd, API server, controllers, scheduler, and kwok's nodes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request, type RequestOptions } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'

import { buildControlPlane, type ControlPlane, type Program } from './build.ts'

/** A control plane that runs. */
export interface RealCluster {
  /** An administrator's kubeconfig. */
  readonly kubeconfigPath: string
  readonly url: string
  readonly caPem: string
  readonly adminToken: string
  /** The kubectl of the same version. */
  readonly kubectl: string
  /** Where the programs log. */
  readonly logFolder: string
  /** Ends every process and removes the data. Calling it twice is harmless. */
  close(): Promise<void>
}

export interface RealClusterOptions {
  readonly nodes?: number
  readonly log?: (line: string) => void
}

const readyWithinMs = 180_000

/** Resolves when the API is ready, the nodes are Ready and Pods can be created. */
export async function startRealCluster(options: RealClusterOptions = {}): Promise<RealCluster> {
  const log = options.log ?? (() => {})
  const plane = await buildControlPlane(log)
  const folder = mkdtempSync(path.join(tmpdir(), 'kedge-cluster-'))
  const processes = new Processes(plane, folder)
  try {
    const api = await startApi(processes, folder)
    await waitFor('the API server', processes, () => isReady(api))
    startControllers(processes, api)
    await createNodes(api, options.nodes ?? 3)
    await waitFor('the nodes and the default ServiceAccount', processes, () => isSettled(api, options.nodes ?? 3))
    log(`a control plane runs at ${api.url} (logs in ${folder}/logs)`)
    return {
      kubeconfigPath: api.kubeconfig,
      url: api.url,
      caPem: api.ca(),
      adminToken: api.token,
      kubectl: plane.programs.kubectl,
      logFolder: path.join(folder, 'logs'),
      close: () => processes.close(),
    }
  } catch (error) {
    await processes.close({ keepLogs: true })
    throw error
  }
}

interface Api {
  readonly url: string
  readonly port: number
  readonly token: string
  readonly kubeconfig: string
  ca(): string
}

async function startApi(processes: Processes, folder: string): Promise<Api> {
  const [etcdPort, peerPort, port] = await freePorts(3)
  const etcd = `http://127.0.0.1:${etcdPort}`
  const peer = `http://127.0.0.1:${peerPort}`
  processes.start('etcd', [
    '--name=s1',
    `--data-dir=${path.join(folder, 'etcd')}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=s1=${peer}`,
    // The data lives no longer than the process.
    '--unsafe-no-fsync',
  ])
  const token = randomBytes(24).toString('hex')
  const file = (name: string): string => path.join(folder, name)
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  writeFileSync(file('sa.key'), keys.privateKey, { mode: 0o600 })
  writeFileSync(file('sa.pub'), keys.publicKey)
  writeFileSync(file('tokens.csv'), `${token},admin,1,"system:masters"\n`, { mode: 0o600 })
  processes.start('kube-apiserver', [
    `--etcd-servers=${etcd}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    '--endpoint-reconciler-type=none',
    // It signs a certificate for itself there.
    `--cert-dir=${file('pki')}`,
    `--token-auth-file=${file('tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('sa.pub')}`,
    `--service-account-signing-key-file=${file('sa.key')}`,
    '--service-cluster-ip-range=10.96.0.0/16',
    '--allow-privileged=true',
  ])
  const ca = (): string => readFileSync(file('pki/apiserver.crt'), 'utf8')
  return { url: `https://127.0.0.1:${port}`, port: port ?? 0, token, kubeconfig: file('kubeconfig'), ca }
}

function startControllers(processes: Processes, api: Api): void {
  writeKubeconfig(api)
  const folder = path.dirname(api.kubeconfig)
  const access = [
    `--kubeconfig=${api.kubeconfig}`,
    `--authentication-kubeconfig=${api.kubeconfig}`,
    `--authorization-kubeconfig=${api.kubeconfig}`,
    '--authentication-skip-lookup=true',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
    '--leader-elect=false',
  ]
  processes.start('kube-controller-manager', [
    ...access,
    '--use-service-account-credentials=false',
    `--service-account-private-key-file=${path.join(folder, 'sa.key')}`,
    `--root-ca-file=${path.join(folder, 'pki', 'apiserver.crt')}`,
    '--controllers=*,bootstrapsigner,tokencleaner',
    '--node-monitor-grace-period=24h',
  ])
  processes.start('kube-scheduler', access)
  processes.start('kwok', [
    `--kubeconfig=${api.kubeconfig}`,
    '--manage-all-nodes=true',
    `--config=${processes.plane.stages}`,
    '--node-ip=127.0.0.1',
  ])
}

function writeKubeconfig(api: Api): void {
  const ca = Buffer.from(api.ca()).toString('base64')
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'real', cluster: { server: api.url, 'certificate-authority-data': ca } }],
    users: [{ name: 'admin', user: { token: api.token } }],
    contexts: [{ name: 'real', context: { cluster: 'real', user: 'admin' } }],
    'current-context': 'real',
  }
  writeFileSync(api.kubeconfig, JSON.stringify(kubeconfig, undefined, 2), { mode: 0o600 })
}

async function createNodes(api: Api, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const room = { cpu: '64', memory: '256Gi', pods: '500' }
    const answer = await send(api, 'POST', '/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: `node-${index}`,
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
        labels: {
          'kubernetes.io/hostname': `node-${index}`,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'topology.kubernetes.io/zone': `zone-${index % 3}`,
        },
      },
      status: { allocatable: room, capacity: room },
    })
    if (answer.status !== 201) throw new Error(`node-${index} cannot be created: ${answer.text}`)
  }
}

async function isReady(api: Api): Promise<boolean> {
  return (await send(api, 'GET', '/readyz')).status === 200
}

async function isSettled(api: Api, nodes: number): Promise<boolean> {
  const account = await send(api, 'GET', '/api/v1/namespaces/default/serviceaccounts/default')
  const list = await send(api, 'GET', '/api/v1/nodes')
  const items: { status?: { conditions?: { type: string; status: string }[] } }[] = JSON.parse(list.text).items ?? []
  const ready = items.filter((node) =>
    node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
  )
  return account.status === 200 && ready.length >= nodes
}

async function waitFor(what: string, processes: Processes, isThere: () => Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + readyWithinMs
  for (;;) {
    const ended = processes.ended()
    if (ended !== undefined) throw new Error(`${ended} ended early; its log: ${processes.tail(ended)}`)
    if (await isThere().catch(() => false)) return
    if (Date.now() > endsAt)
      throw new Error(`${what} did not get ready within ${readyWithinMs} ms: ${processes.logs()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function send(
  api: Api,
  method: string,
  where: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ ca: api.ca(), keepAlive: false })
    const headers = { authorization: `Bearer ${api.token}`, 'content-type': 'application/json' }
    const options: RequestOptions = { method, headers, agent, timeout: 5_000 }
    const sent = request(`${api.url}${where}`, options, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', reject)
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer within 5 s')))
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address === 'object' && address !== null) ports.push(address.port)
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** The programs of one control plane; none outlives this process. */
class Processes {
  readonly plane: ControlPlane
  readonly #folder: string
  readonly #children = new Map<Program, ChildProcess>()
  readonly #onExit = (): void => this.#kill('SIGKILL')
  #closing: Promise<void> | undefined

  constructor(plane: ControlPlane, folder: string) {
    this.plane = plane
    this.#folder = folder
    mkdirSync(path.join(folder, 'logs'))
    process.once('exit', this.#onExit)
  }

  start(program: Program, args: readonly string[]): void {
    const log = openSync(this.#logFile(program), 'w')
    const child = spawn(this.plane.programs[program], args, { stdio: ['ignore', log, log], cwd: this.#folder })
    closeSync(log)
    child.once('error', () => {})
    this.#children.set(program, child)
  }

  /** A program that ended by itself. */
  ended(): Program | undefined {
    for (const [program, child] of this.#children) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return program
    }
    return undefined
  }

  logs(): string {
    return [...this.#children.keys()].map((program) => `\n--- ${program}\n${this.tail(program)}`).join('')
  }

  tail(program: Program): string {
    return readFileSync(this.#logFile(program), 'utf8').split('\n').slice(-15).join('\n')
  }

  close(options: { keepLogs?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#end(options.keepLogs ?? false)
    return this.#closing
  }

  async #end(keepLogs: boolean): Promise<void> {
    const children = [...this.#children.values()].filter(
      (child) => child.exitCode === null && child.signalCode === null,
    )
    const gone = children.map((child) => new Promise((resolve) => child.once('exit', resolve)))
    // Nothing of it is kept, so there is nothing that it would have to put in order.
    this.#kill('SIGKILL')
    await Promise.all(gone)
    process.off('exit', this.#onExit)
    if (keepLogs) return
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #kill(signal: NodeJS.Signals): void {
    for (const child of this.#children.values()) child.kill(signal)
  }

  #logFile(program: Program): string {
    return path.join(this.#folder, 'logs', `${program}.log`)
  }
}
