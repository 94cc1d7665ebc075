import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startDistributedMesh, xdsServerName, type Backbone, type MeshPlace } from "@osm/cli/dev";
import { meshName } from "@osm/model";
import { createTokenIssuer } from "@osm/sandbox";
import { tokenAudience } from "@osm/wire";
import { startAssault, type Assault } from "./hostile/assault.ts";

/** Another mesh, with processes, subjects, keys and users of its own, on the same NATS and Redis. */
export interface Neighbour {
  /** From now on its policies change as fast as files can be written, and its proxies come and go. */
  readonly storm: () => Promise<void>;
  readonly calm: () => Promise<void>;
}

export const neighbour = meshName("other");
const namespace = "far";
const services = 20;
const atOnce = 20;
const everyMs = 10;
const callers = 8;
const port = 15_228;
const uid = (at: number) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`;

export async function startNeighbour(place: MeshPlace, backbone: Backbone): Promise<Neighbour> {
  const dir = join(place.dir, "neighbour");
  const [running, manifests] = [join(dir, "running"), join(dir, "manifests")];
  for (const folder of [running, manifests]) await mkdir(folder, { recursive: true });
  await writeFile(join(manifests, "shop.yaml"), [member, ...Array.from({ length: services }, (_, at) => serviceObjects(at)).flat()].map((each) => JSON.stringify(each)).join("\n---\n"));
  for (let at = 0; at < services; at++) await writeRoutes(manifests, at, 0);
  const tokens = createTokenIssuer();
  const hosts = ["127.0.2.1", "127.0.2.2"] as const;
  const mesh = await startDistributedMesh({ ...place, mesh: neighbour, dir, running, folders: [manifests], tokens: { issuer: tokens.issuer, keys: tokens.jwks() }, hosts, replicas: 1, xdsPort: port, backbone: backbone.beside(neighbour) });
  mesh.done.catch(() => undefined);
  const tokenFile = join(dir, "token");
  const pod = { name: "pod-0", uid: uid(0) };
  await writeFile(tokenFile, tokens.issue({ namespace, serviceAccount: "account-0", pod, audience: tokenAudience(neighbour), lifetimeSec: 3600, now: Date.now() }), { mode: 0o600 });

  let raging: { readonly stop: AbortController; readonly writing: Promise<void>; readonly assault: Assault } | undefined;
  return {
    storm: async () => {
      const stop = new AbortController();
      const writing = rewrite(manifests, stop.signal);
      const plan = { attacks: ["come-and-go"], lines: callers, hosts: hosts.slice(0, 1), port, serverName: xdsServerName, root: mesh.controlPlaneRoot, tokenFile } as const;
      raging = { stop, writing, assault: await startAssault(plan) };
    },
    calm: async () => {
      raging?.stop.abort();
      await raging?.writing;
      await raging?.assault.end();
    },
  };
}

const member = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { "openservicemesh.io/monitored-by": neighbour } } };

function serviceObjects(at: number): readonly object[] {
  const [name, account] = [`service-${at}`, `account-${at}`];
  const sources = [{ kind: "ServiceAccount", name: `account-${(at + 1) % services}`, namespace }];
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: account, namespace } },
    { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { clusterIP: `10.97.0.${at + 1}`, selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }] } },
    {
      apiVersion: "v1", kind: "Pod", metadata: { name: `pod-${at}`, namespace, uid: uid(at), labels: { app: name } },
      spec: { serviceAccountName: account, containers: [{ name: "app", image: "none", ports: [{ name: "http", containerPort: 8080 }] }, { name: "envoy", image: "none" }] },
      status: { phase: "Running", podIP: `10.245.0.${at + 1}`, podIPs: [{ ip: `10.245.0.${at + 1}` }], conditions: [{ type: "Ready", status: "True" }] },
    },
    {
      apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name, namespace },
      spec: { destination: { kind: "ServiceAccount", name: account, namespace }, rules: [{ kind: "HTTPRouteGroup", name: `routes-${at}` }], sources },
    },
  ];
}

async function rewrite(folder: string, signal: AbortSignal): Promise<void> {
  for (let edition = 1; !signal.aborted; edition++) {
    await Promise.all(Array.from({ length: atOnce }, (_, at) => writeRoutes(folder, (edition * atOnce + at) % services, edition)));
    // A flood is a rate, not as much as this process can do beside what it measures.
    await wait(everyMs);
  }
}

async function writeRoutes(folder: string, at: number, edition: number): Promise<void> {
  const matches = [{ name: "all", pathRegex: `/edition-${edition}`, methods: ["GET"] }];
  const draft = join(folder, `.routes-${at}-${edition}`);
  await writeFile(draft, JSON.stringify({ apiVersion: "specs.smi-spec.io/v1alpha4", kind: "HTTPRouteGroup", metadata: { name: `routes-${at}`, namespace }, spec: { matches } }));
  await rename(draft, join(folder, `routes-${at}.yaml`));
}
