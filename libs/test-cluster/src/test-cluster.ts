import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, programPath } from "@osm/testkit";
import { ask, type AskedApi } from "./ask.ts";
import { createEtcd, type Etcd } from "./etcd.ts";
import { runKubectl } from "./kubectl.ts";
import { run, type Running } from "./processes.ts";

/** What a test has to say that it needs. */
export const clusterNeeds = ["etcd", "kube-apiserver", "kube-controller-manager", "kubectl"] as const;

/** Where the programs lie. */
interface ClusterPrograms {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubectl: string;
}

export interface ClusterOptions {
  /** More flags of the API server. */
  readonly apiFlags?: readonly string[];
}

export interface TestCluster extends AsyncDisposable {
  /** File of an administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly port: number;
  /** Another kubeconfig: through another port of this machine, or with another token. */
  kubeconfigFor(to: { readonly port?: number; readonly token?: string }): Promise<string>;
  /** What kubectl prints. @throws Error with its complaint */
  kubectl(...args: readonly string[]): Promise<string>;
  /** Applies objects or a YAML text. */
  apply(...objects: readonly (object | string)[]): Promise<string>;
  killApi(): Promise<void>;
  /** SIGSTOP and SIGCONT of the API server. */
  holdApi(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Starts the API server again on what is stored. */
  startApi(): Promise<void>;
  /** Forgets all of the history but the present. */
  compact(): Promise<void>;
}

const controllers = [
  "serviceaccount-controller", "serviceaccount-token-controller", "namespace-controller", "endpointslice-controller",
  "root-ca-certificate-publisher-controller", "clusterrole-aggregation-controller", "garbage-collector-controller", "deployment-controller", "replicaset-controller",
];

/** Starts a Kubernetes API with the programs of `clusterNeeds`; everything of it is gone once it is disposed. */
export async function startTestCluster({ apiFlags = [] }: ClusterOptions = {}): Promise<TestCluster> {
  await using undo = new AsyncDisposableStack();
  const programs: ClusterPrograms = {
    etcd: programPath("etcd"), kubeApiserver: programPath("kube-apiserver"), kubeControllerManager: programPath("kube-controller-manager"), kubectl: programPath("kubectl"),
  };
  const dir = await mkdtemp(join(tmpdir(), "osm-cluster-"));
  undo.defer(async () => await rm(dir, { recursive: true, force: true }));
  const keys = await writeKeys(dir);
  const etcd = await createEtcd(programs.etcd, dir);
  undo.defer(() => etcd.kill());

  const port = await freePort();
  let api = await startApiServer({ programs, dir, keys, etcd, port, apiFlags });
  undo.defer(() => api.kill());
  const kubeconfig = await writeKubeconfig(dir, { port, token: keys.token });
  const manager = run(programs.kubeControllerManager, managerFlags(kubeconfig, dir, keys), join(dir, "manager.log"));
  undo.defer(() => manager.kill());

  const kubectl = (stdin: string, args: readonly string[]) => runKubectl(programs.kubectl, ["--kubeconfig", kubeconfig, ...args], stdin);
  await manager.until(async () => (await ask(askedApi(dir, keys, port), "/api/v1/namespaces/default/serviceaccounts/default")) !== "");
  const running = undo.move();
  return {
    kubeconfig,
    port,
    kubeconfigFor: (to) => writeKubeconfig(dir, { port, token: keys.token, ...to }),
    kubectl: (...args) => kubectl("", args),
    apply: (...objects) => kubectl(objects.map((each) => (typeof each === "string" ? each : JSON.stringify(each))).join("\n---\n"), ["apply", "-f", "-"]),
    killApi: () => api.kill(),
    holdApi: (signal) => api.signal(signal),
    startApi: async () => {
      api = await startApiServer({ programs, dir, keys, etcd, port, apiFlags });
    },
    compact: () => etcd.compact(),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface Keys {
  readonly token: string;
  readonly tokens: string;
  readonly accountKey: string;
  readonly accountPublicKey: string;
}

async function writeKeys(dir: string): Promise<Keys> {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const token = randomBytes(16).toString("hex");
  const file = async (name: string, text: string) => {
    const path = join(dir, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  await mkdir(join(dir, "serving"));
  return {
    token,
    tokens: await file("tokens.csv", `${token},admin,admin,"system:masters"\n`),
    accountKey: await file("account.key", privateKey),
    accountPublicKey: await file("account.pub", publicKey),
  };
}

interface ApiServer extends Required<ClusterOptions> {
  readonly programs: ClusterPrograms;
  readonly dir: string;
  readonly keys: Keys;
  readonly etcd: Etcd;
  readonly port: number;
}

async function startApiServer({ programs, dir, keys, etcd, port, apiFlags }: ApiServer): Promise<Running> {
  const flags = [
    `--etcd-servers=${etcd.url}`, "--bind-address=127.0.0.1", `--secure-port=${port}`, "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
    `--cert-dir=${join(dir, "serving")}`, `--token-auth-file=${keys.tokens}`, "--authorization-mode=RBAC",
    "--service-account-issuer=https://kubernetes.default.svc", `--service-account-key-file=${keys.accountPublicKey}`,
    `--service-account-signing-key-file=${keys.accountKey}`, "--service-cluster-ip-range=10.96.0.0/16", ...apiFlags,
  ];
  const api = run(programs.kubeApiserver, flags, join(dir, "apiserver.log"));
  try {
    await api.until(async () => (await ask(askedApi(dir, keys, port), "/readyz")) === "ok");
  } catch (error) {
    await api.kill();
    throw error;
  }
  return api;
}

function askedApi(dir: string, { token }: Keys, port: number): AskedApi {
  return { port, token, certificate: join(dir, "serving", "apiserver.crt") };
}

function managerFlags(kubeconfig: string, dir: string, { accountKey }: Keys): readonly string[] {
  return [
    `--kubeconfig=${kubeconfig}`, "--leader-elect=false", "--bind-address=127.0.0.1", "--secure-port=0", `--service-account-private-key-file=${accountKey}`,
    `--root-ca-file=${join(dir, "serving", "apiserver.crt")}`, `--controllers=${controllers.join(",")}`, "--kube-api-qps=500", "--kube-api-burst=1000",
    "--concurrent-service-endpoint-syncs=10",
  ];
}

async function writeKubeconfig(dir: string, { port, token }: { readonly port: number; readonly token: string }): Promise<string> {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority": join(dir, "serving", "apiserver.crt") } }],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  };
  const path = join(dir, `kubeconfig-${port}-${randomBytes(4).toString("hex")}`);
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
