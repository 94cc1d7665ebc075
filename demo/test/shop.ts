import { chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callersSettled, converge, factWhere, settled } from "@osm/cli/dev";
import type { Pod } from "@osm/sandbox";
import { programPath } from "@osm/testkit";
import { applyServices, appsDir, mesh, nodeBin, openStage, type Setting, type Stage } from "../src/story/stage.ts";
import { accounts, manifestText, member, namespace, service, type Manifest, type ShopService } from "./shop-manifests.ts";

/** A namespace of a mesh on real Envoys, with servers that take any protocol and clients that do as they are told. */
export interface Shop extends AsyncDisposable {
  readonly stage: Stage;
  /** Applies objects one after the other, each with its last ACK awaited. Each must be new, or differ from what that name had before. */
  readonly put: (file: string, objects: readonly Manifest[]) => Promise<void>;
  readonly withdraw: (file: string) => Promise<void>;
  /** A service more, or a change of one. */
  readonly offer: (service: ShopService) => Promise<void>;
  readonly close: (service: string) => Promise<void>;
  /** Resolves when every proxy has ACKed what the pods bring. */
  readonly start: (...pods: readonly ShopPod[]) => Promise<readonly Pod[]>;
  /** As in a rollout: it gets no new connection before it ends. `letGo` resolves when none of its callers has it any more. */
  readonly stop: (pod: Pod, letGo?: () => Promise<void>) => Promise<void>;
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
  /** In place of the Envoy that all tests use. */
  readonly envoyBin?: string;
  /** How the mesh is started, where it is not all in this process. */
  readonly start?: Setting["start"];
  readonly tokens?: Setting["tokens"];
  /** Called before each pod starts. */
  readonly announce?: (pod: ShopPod) => Promise<void>;
}

export async function openShop({ accounts: names, services, certificateLifeSec = 86_400, drainSec, start, tokens, announce = async () => undefined, envoyBin = programPath("envoy") }: Opening): Promise<Shop> {
  await using opening = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "osm-shop-"));
  opening.defer(() => rm(dir, { recursive: true, force: true }));
  // Pods have users of their own, who pass through it to their files.
  await chmod(dir, 0o711);
  const more = { ...(drainSec === undefined ? {} : { drainSec }), ...(start === undefined ? {} : { start }), ...(tokens === undefined ? {} : { tokens }) };
  const stage = opening.use(
    await openStage({ dir, envoyBin, signal: new AbortController().signal, certificateLifeSec, manifests: [], ...more }),
  );
  const shop = shopOn(stage, announce);
  await shop.put("members.yaml", [member(), ...accounts(...names)]);
  for (const each of services) await shop.offer(each);
  const closing = opening.move();
  return { ...shop, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

function shopOn(stage: Stage, announce: NonNullable<Opening["announce"]>): Omit<Shop, typeof Symbol.asyncDispose> {
  const { bus } = stage.mesh;
  const offered = new Map<string, ShopService>();
  const applied = new Map<string, readonly Manifest[]>();
  const running = new Map<string, Started>();

  const put = async (file: string, objects: readonly Manifest[]) => {
    applied.set(file, objects);
    for (const [at, object] of objects.entries()) {
      const text = manifestText([object]);
      await converge(bus, mesh, { text, change: () => place(stage, `${at}-${file}`, text) });
    }
  };
  const withdraw = async (file: string) => {
    for (const [at, object] of (applied.get(file) ?? []).entries()) {
      await converge(bus, mesh, { text: manifestText([object]), change: () => rm(join(stage.policies, `${at}-${file}`)) });
    }
  };
  const tellSandbox = async () => {
    const path = join(stage.dir, "services.yaml");
    await writeFile(path, manifestText([...offered.values()].map(service)));
    await applyServices(stage, path);
  };
  const known = async (pods: Iterable<Started>) => {
    const revisions = await Promise.all([...pods].flatMap(({ pod, spec }) => [podKnown(stage, pod), ...behind(spec, offered).map((name) => endpointKnown(stage, name, pod))]));
    await settled(bus, mesh, { revision: Math.max(0, ...revisions), proxies: running.size });
  };
  return {
    stage,
    put,
    withdraw,
    offer: async (each) => {
      offered.set(each.name, each);
      await put(`service-${each.name}.yaml`, [service(each)]);
      await tellSandbox();
      await known(running.values());
    },
    close: async (name) => {
      offered.delete(name);
      await tellSandbox();
      await withdraw(`service-${name}.yaml`);
    },
    start: async (...specs) => {
      await Promise.all(specs.map(announce));
      const pods = await Promise.all(specs.map(async (spec) => ({ spec, pod: await stage.startPod(podOf(spec)) })));
      for (const each of pods) running.set(each.spec.name, each);
      await known(pods);
      return pods.map(({ pod }) => pod);
    },
    stop: async (pod, letGo = () => callersSettled({ bus, mesh }, pod)) => {
      running.delete(pod.name);
      await pod.stop({ graceful: true, beforeKill: letGo });
    },
  };
}

interface Started {
  readonly spec: ShopPod;
  readonly pod: Pod;
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
