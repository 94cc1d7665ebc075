import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { KubernetesPlace } from "@osm/cli/dev";
import { openKubeApi, type KubeApi } from "@osm/kube";
import type { TokenIssuer } from "@osm/sandbox";
import { openWire, smiCrds, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { tokenAudience } from "@osm/wire";
import { z } from "zod";
import { mesh } from "../../../src/story/stage.ts";
import { namespace } from "../../shop-manifests.ts";
import type { ShopPod } from "../../shop.ts";
import type { Cut } from "../network-cut.ts";
import { mirror } from "./mirror.ts";

/** A real Kubernetes API that a mesh stands on. Its pods run in a sandbox, which plays the kubelet. */
export interface ApiGround extends AsyncDisposable {
  readonly place: KubernetesPlace;
  /** Tokens that the API has signed, each for a pod that was announced. */
  readonly tokens: TokenIssuer;
  /** Makes the pod in the API, before it runs. */
  readonly announce: (pod: ShopPod) => Promise<void>;
  /** From now on the API has what is in these folders. Rejects when it never will. */
  readonly follow: (folders: readonly string[], signal: AbortSignal) => Promise<void>;
  readonly server: Pick<TestCluster, "killApi" | "startApi" | "holdApi">;
  /** The server, for all who ask it; and where the first watcher alone does. */
  readonly at: Cut;
  readonly atOfWatcher: Cut;
}

const loopback = "127.0.0.1";
const system = "osm-system";
const controlPlane = [
  { apiVersion: "v1", kind: "Node", metadata: { name: "fake" } },
  { apiVersion: "v1", kind: "Namespace", metadata: { name: system } },
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "osm-xds", namespace: system } },
];
const made = z.object({ metadata: z.object({ uid: z.string() }) });
const signed = z.object({ status: z.object({ token: z.string() }) });

export async function openApiGround(): Promise<ApiGround> {
  await using opening = new AsyncDisposableStack();
  const cluster = opening.use(await startTestCluster());
  await cluster.apply(...controlPlane, ...smiCrds);
  await cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
  const wire = opening.use(await openWire(cluster.port));
  const kubeconfigs = new Map([["watcher-0", await cluster.kubeconfigFor({ port: wire.port })]]);
  const accountDir = await mkdtemp(join(tmpdir(), "osm-account-"));
  opening.defer(() => rm(accountDir, { recursive: true, force: true }));
  await writeFile(join(accountDir, "ca.crt"), await readFile(join(dirname(cluster.kubeconfig), "serving/apiserver.crt")));
  await writeFile(join(accountDir, "token"), await cluster.kubectl("create", "token", "osm-xds", "-n", system), { mode: 0o600 });
  const api = openKubeApi({ kubeconfig: cluster.kubeconfig, context: "" });
  const tokens = new Map<string, string>();
  const closing = opening.move();
  return {
    place: { kubeconfigOf: (replica) => kubeconfigs.get(replica) ?? cluster.kubeconfig, host: loopback, port: cluster.port, accountDir },
    tokens: { issuer: "https://kubernetes.default.svc", jwks: () => ({ keys: [] }), issue: ({ pod }) => tokens.get(pod.name) ?? unannounced(pod.name) },
    announce: async (pod) => void tokens.set(pod.name, await tokenOf(api, pod)),
    follow: (folders, signal) => mirror({ folders, api, signal }),
    server: cluster,
    at: { address: loopback, port: cluster.port },
    atOfWatcher: { address: loopback, port: wire.port },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** As a kubelet asks for it, once the pod is there. */
async function tokenOf(api: KubeApi, { name, account, labels = {}, ports = [] }: ShopPod): Promise<string> {
  const { signal } = new AbortController();
  const within = `/api/v1/namespaces/${namespace}`;
  const app = { name: "app", image: "none", ports: ports.map((containerPort) => ({ name: `p${containerPort}`, containerPort })) };
  const spec = { nodeName: "fake", serviceAccountName: account, containers: [app, { name: "envoy", image: "none" }] };
  const body = { apiVersion: "v1", kind: "Pod", metadata: { name, labels: { app: name, ...labels } }, spec };
  const { uid } = made.parse(await api.json({ method: "POST", path: `${within}/pods`, body, signal })).metadata;
  const request = {
    apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest",
    spec: { audiences: [tokenAudience(mesh)], expirationSeconds: 3600, boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid } },
  };
  return signed.parse(await api.json({ method: "POST", path: `${within}/serviceaccounts/${account}/token`, body: request, signal })).status.token;
}

function unannounced(name: string): never {
  throw new Error(`the API was not told of the pod ${name}`);
}
