import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { converge, factWhere, nodeBin, settled, startLocalMesh, xdsServerName, type RunningMesh } from "@osm/cli/dev";
import { openFolder } from "@osm/kube";
import { meshName } from "@osm/model";
import { createLog } from "@osm/runtime";
import { createTokenIssuer, meshRecipe, openSandbox, type MeshSidecars, type Pod, type Sandbox, type SandboxService, type SidecarRecipe } from "@osm/sandbox";
import { programPath } from "@osm/testkit";
import { tokenAudience } from "@osm/wire";
import { z } from "zod";
import { manifestText, namespace, type Manifest } from "./shop-manifests.ts";

/** A mesh of pods that have an address of each family. */
export interface Ipv6Mesh extends AsyncDisposable {
  /** Applies objects, with the last ACK awaited. */
  readonly put: (file: string, objects: readonly Manifest[]) => Promise<void>;
  readonly offer: (services: readonly SandboxService[]) => Promise<void>;
  /** Writes their EndpointSlices anew and nothing else. */
  readonly list: (services: readonly SandboxService[]) => void;
  /** Resolves when every proxy has ACKed what the pods bring. */
  readonly start: (...pods: readonly Ipv6Pod[]) => Promise<readonly Ipv6Running[]>;
}

export interface Ipv6Pod {
  readonly name: string;
  /** Where its app listens, as `8080@::`; a pod without is a client. */
  readonly listen?: readonly string[];
  /** What its proxy sees of it; undefined: it has no proxy. */
  readonly capture: Capture | undefined;
}

type Capture = Exclude<MeshSidecars["capture"], (...args: never) => unknown>;

export type Ipv6Running = Pod & { readonly ip6: string };

const mesh = meshName("osm");
const log = createLog("ipv6", "error");

export async function openIpv6Mesh(): Promise<Ipv6Mesh> {
  await using opening = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "osm-ipv6-"));
  opening.defer(() => rm(dir, { recursive: true, force: true }));
  await chmod(dir, 0o711);
  const policies = join(dir, "policies");
  await mkdir(policies);
  const ended = new AbortController();
  const tokens = createTokenIssuer();
  const captures = new Map<string, Capture>();
  let running: RunningMesh | undefined;
  opening.defer(() => running?.done.catch(() => undefined));
  opening.defer(() => ended.abort(new DOMException("the mesh has been closed", "AbortError")));
  const sidecar = recipeFor(() => running, { tokens, captures });
  const sandbox = opening.use(await openSandbox({
    dir, signal: ended.signal, log, envoyBin: programPath("envoy"), sidecar, share: [dirname(nodeBin), import.meta.dirname], ipv6: true,
  }));
  running = await startLocalMesh({
    mesh, dir: join(dir, "control-plane"), host: sandbox.hostAddress, certificateLifeSec: 86_400, log: () => log, signal: ended.signal,
    cluster: openFolder([policies, sandbox.clusterDir]), tokens: { issuer: tokens.issuer, keys: tokens.jwks() },
  });
  const closing = opening.move();
  return { ...meshOn({ running, sandbox, policies, dir, captures }), [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

interface Sources {
  readonly tokens: ReturnType<typeof createTokenIssuer>;
  readonly captures: ReadonlyMap<string, Capture>;
}

function recipeFor(running: () => RunningMesh | undefined, { tokens, captures }: Sources): SidecarRecipe {
  const known = () => running() ?? { xdsAddresses: [], xdsPort: 0, controlPlaneRoot: "" };
  return meshRecipe({
    xds: () => ({ host: known().xdsAddresses[0] ?? "", port: known().xdsPort, serverName: xdsServerName }),
    roots: () => [known().controlPlaneRoot],
    tokens, audience: tokenAudience(mesh), tokenLifetimeSec: 3600, capture: ({ name }) => captures.get(name) ?? {}, logLevel: "warning",
  });
}

interface Parts {
  readonly running: RunningMesh;
  readonly sandbox: Sandbox;
  readonly policies: string;
  readonly dir: string;
  readonly captures: Map<string, Capture>;
}

function meshOn({ running: { bus }, sandbox, policies, dir, captures }: Parts): Omit<Ipv6Mesh, typeof Symbol.asyncDispose> {
  let proxies = 0;
  const put = async (file: string, objects: readonly Manifest[]) => {
    const text = manifestText(objects);
    const change = async () => {
      await writeFile(join(dir, file), text);
      await rename(join(dir, file), join(policies, file));
    };
    await converge(bus, mesh, { text, change });
  };
  const start = async (spec: Ipv6Pod): Promise<Ipv6Running> => {
    const { name, capture, listen = [] } = spec;
    if (capture) captures.set(name, capture);
    const argv = listen.length > 0 ? [nodeBin, join(import.meta.dirname, "ipv6-app.mjs")] : ["sleep", "infinity"];
    const ports = listen.map((place) => Number(place.split("@")[0])).map((containerPort) => ({ name: `p${containerPort}`, containerPort }));
    const pod = await sandbox.startPod({
      namespace, name, serviceAccount: name, labels: { app: name }, ports, sidecar: capture !== undefined,
      command: { argv, env: { NAME: name, LISTEN: listen.join() } },
    });
    if (pod.ip6 === undefined) throw new Error(`${name} has no address of IPv6`);
    return Object.assign(pod, { ip6: pod.ip6 });
  };
  return {
    put,
    list: sandbox.applyServices,
    offer: async (services) => {
      sandbox.applyServices(services);
      await put("services.yaml", services.map(serviceObject));
    },
    start: async (...specs) => {
      const pods = await Promise.all(specs.map(start));
      proxies += specs.filter(({ capture }) => capture !== undefined).length;
      const revisions = await Promise.all(pods.flatMap((pod, at) => [
        factWhere(bus, mesh, (fact) => fact.kind === "Pod" && fact.name === pod.name && fact.ips.includes(pod.ip6)),
        ...(specs[at]?.listen?.length && specs[at].capture !== undefined ? [factWhere(bus, mesh, (fact) => fact.kind === "EndpointSlice" && fact.endpoints.some(({ address, ready }) => ready && address === pod.ip6))] : []),
      ]));
      await settled(bus, mesh, { revision: Math.max(...revisions), proxies });
      return pods;
    },
  };
}

function serviceObject({ name, clusterIP, selector, ports }: SandboxService): Manifest {
  return { apiVersion: "v1", kind: "Service", metadata: { name, namespace }, spec: { clusterIP, selector, ports } };
}

const answers = z.array(z.object({ status: z.number(), body: z.string() }));
export type Answer = z.output<typeof answers>[number];

export interface Asking {
  /** 1000, an app's, when left out. */
  readonly user?: number;
}

/** Calls each URL once, each on a connection of its own. */
export async function ask(pod: Pod, urls: readonly string[], { user = 1000 }: Asking = {}): Promise<readonly Answer[]> {
  const { stdout, stderr } = await pod.exec([nodeBin, join(import.meta.dirname, "ipv6-call.mjs")], { env: { URLS: urls.join(" ") }, user });
  if (stdout === "") throw new Error(stderr);
  return answers.parse(JSON.parse(stdout));
}

/** Connections that the rules of a pod have led into a chain so far. */
export async function led(pod: Pod, chain: "OSM_PROXY_IN_REDIRECT" | "OSM_PROXY_OUT_REDIRECT", family: "ipv4" | "ipv6"): Promise<number> {
  const program = family === "ipv4" ? "iptables" : "ip6tables";
  const { stdout } = await pod.exec([program, "-t", "nat", "-L", chain, "-v", "-n", "-x"], { user: 0 });
  return Number(/^\s*(\d+)\s+\d+\s+REDIRECT/m.exec(stdout)?.[1] ?? Number.NaN);
}

/** What a sidecar has counted, by the name of the statistic. */
export async function counted(pod: Pod, filter: string): Promise<Readonly<Record<string, number>>> {
  const text = await pod.admin(`/stats?filter=${encodeURIComponent(filter)}`);
  return Object.fromEntries([...text.matchAll(/^(\S+): (\d+)$/gm)].map(([, name = "", count]) => [name, Number(count)]));
}
