import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pod } from "@osm/sandbox";
import { programPath } from "@osm/testkit";
import { callersSettled } from "../src/bookstore/callers-settled.ts";
import { converge, factWhere, settled, type Converged } from "../src/convergence.ts";
import { applyServices, appsDir, mesh, nodeBin, openStage, type Stage } from "../src/story/stage.ts";
import { accounts, manifestText, member, namespace, service, type Manifest, type ShopService } from "./shop-manifests.ts";

/** A namespace of a mesh on real Envoys, with servers that take any protocol and clients that do as they are told. */
export interface Shop extends AsyncDisposable {
  readonly stage: Stage;
  /** Puts objects in a file of policies, and waits for the last ACK of what follows. Each must be new, or differ from before. */
  readonly put: (file: string, objects: readonly Manifest[]) => Promise<Converged>;
  readonly withdraw: (file: string) => Promise<Converged>;
  /** A service more, or a change of one. */
  readonly offer: (service: ShopService) => Promise<Converged>;
  readonly close: (service: string) => Promise<Converged>;
  /** Resolves when every proxy has ACKed what the pods bring. */
  readonly start: (...pods: readonly ShopPod[]) => Promise<readonly Pod[]>;
  /** As in a rollout: it gets no new connection before it ends. */
  readonly stop: (pod: Pod) => Promise<void>;
}

export interface ShopPod {
  readonly name: string;
  readonly account: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Where it takes any protocol; a pod without is a client. */
  readonly ports?: readonly number[];
  /** Those of them where it speaks first. */
  readonly greeting?: readonly number[];
}

export interface Opening {
  readonly accounts: readonly string[];
  readonly services: readonly ShopService[];
  readonly certificateLifeSec?: number;
  readonly drainSec?: number;
}

export async function openShop({ accounts: names, services, certificateLifeSec = 86_400, drainSec }: Opening): Promise<Shop> {
  await using opening = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "osm-shop-"));
  opening.defer(() => rm(dir, { recursive: true, force: true }));
  // Pods have users of their own, who pass through it to their files.
  await chmod(dir, 0o711);
  const drain = drainSec === undefined ? {} : { drainSec };
  const stage = opening.use(
    await openStage({ dir, envoyBin: programPath("envoy"), signal: new AbortController().signal, certificateLifeSec, manifests: [], ...drain }),
  );
  const shop = shopOn(stage);
  await shop.put("members.yaml", [member(), ...accounts(...names)]);
  for (const each of services) await shop.offer(each);
  const closing = opening.move();
  return { ...shop, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

function shopOn(stage: Stage): Omit<Shop, typeof Symbol.asyncDispose> {
  const { bus } = stage.mesh;
  const offered = new Map<string, ShopService>();
  const texts = new Map<string, string>();
  const running = new Map<string, ShopPod>();

  const put = async (file: string, objects: readonly Manifest[]) => {
    const text = manifestText(objects);
    texts.set(file, text);
    return converge(bus, mesh, { text, change: () => place(stage, file, text) });
  };
  const withdraw = async (file: string) => converge(bus, mesh, { text: texts.get(file) ?? "", change: () => rm(join(stage.policies, file)) });
  const tellSandbox = async () => {
    const path = join(stage.dir, "services.yaml");
    await writeFile(path, manifestText([...offered.values()].map(service)));
    await applyServices(stage, path);
  };
  const known = async (pods: readonly { readonly pod: Pod; readonly spec: ShopPod }[]) => {
    const revisions = await Promise.all(pods.flatMap(({ pod, spec }) => [podKnown(stage, pod), ...behind(spec, offered).map((name) => endpointKnown(stage, name, pod))]));
    await settled(bus, mesh, { revision: Math.max(...revisions), proxies: running.size });
  };
  return {
    stage,
    put,
    withdraw,
    offer: async (each) => {
      offered.set(each.name, each);
      const converged = await put(`service-${each.name}.yaml`, [service(each)]);
      await tellSandbox();
      return converged;
    },
    close: async (name) => {
      offered.delete(name);
      await tellSandbox();
      return withdraw(`service-${name}.yaml`);
    },
    start: async (...specs) => {
      const pods = await Promise.all(specs.map(async (spec) => ({ spec, pod: await stage.startPod(podOf(spec)) })));
      for (const { spec } of pods) running.set(spec.name, spec);
      await known(pods);
      return pods.map(({ pod }) => pod);
    },
    stop: async (pod) => {
      running.delete(pod.name);
      await pod.stop({ graceful: true, beforeKill: () => callersSettled({ bus, mesh }, pod) });
    },
  };
}

/** Whole or not at all, since the folder is watched. */
async function place({ dir, policies }: Stage, file: string, text: string): Promise<void> {
  await writeFile(join(dir, file), text);
  await rename(join(dir, file), join(policies, file));
}

function podOf({ name, account, labels = {}, ports = [], greeting = [] }: ShopPod) {
  const server = { argv: [nodeBin, join(appsDir, "polyglot.mjs")], env: { NAME: name, PORTS: ports.join(), GREETING: greeting.join() } };
  return {
    namespace, name, serviceAccount: account, labels: { app: name, ...labels },
    ports: ports.map((port) => ({ name: `p${port}`, containerPort: port })),
    command: ports.length > 0 ? server : { argv: ["sleep", "infinity"], env: {} },
  };
}

/** Names of the services that select a pod. */
function behind({ name, labels = {} }: ShopPod, offered: ReadonlyMap<string, ShopService>): readonly string[] {
  const has: Readonly<Record<string, string>> = { app: name, ...labels };
  return [...offered.values()].filter(({ selector }) => Object.entries(selector).every(([key, value]) => has[key] === value)).map((each) => each.name);
}

function podKnown({ mesh: { bus } }: Stage, pod: Pod): Promise<number> {
  return factWhere(bus, mesh, (fact) => fact.kind === "Pod" && fact.name === pod.name);
}

function endpointKnown({ mesh: { bus } }: Stage, name: string, pod: Pod): Promise<number> {
  return factWhere(bus, mesh, (fact) => fact.kind === "EndpointSlice" && fact.service === name && fact.endpoints.some(({ address, ready }) => ready && address === pod.ip));
}
