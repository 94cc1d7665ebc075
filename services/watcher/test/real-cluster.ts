import { createMemoryBus, type Bus } from "@osm/bus";
import { kinds, parseObject, type MeshContext } from "@osm/intake";
import { openKubeApi, openKubernetes, usualTimes, type KubeApi } from "@osm/kube";
import { canonicalJson, digestOfJson, inOrder, meshName, refOf, type Fact } from "@osm/model";
import { silentLog } from "@osm/runtime";
import type { TestCluster } from "@osm/test-cluster";
import { eventually } from "@osm/testkit";
import { runWatcher } from "@osm/watcher";
import { decodeJson, factPayload } from "@osm/wire";
import { expect } from "vitest";
import { standing } from "./bench.ts";

export const context: MeshContext = { mesh: meshName("osm"), osmNamespace: "osm-system" };

/** A watcher on a real API, with a bus of its own unless one is given. */
export function watching(kubeconfig: string, bus: Bus = createMemoryBus()) {
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const times = { ...usualTimes, backoff: { firstMs: 20, maxMs: 400 }, lookAgainMs: 200 };
  const cluster = openKubernetes({ api: openKubeApi({ kubeconfig, context: "" }), log: silentLog, times });
  const done = runWatcher({ context, cluster, bus, now: Date.now, log: silentLog, signal: stop.signal, ready: () => ready.resolve() });
  return {
    bus,
    ready: Promise.race([ready.promise, done]),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

/** What is on the bus: object → digest of its fact. */
export async function stateOf(bus: Bus): Promise<Readonly<Record<string, string>>> {
  const entries = [...(await standing(bus, "fact")).values()].map(({ bytes = new Uint8Array() }) => decodeJson(factPayload, bytes).fact);
  return digests(entries);
}

/** What a list of this moment would say. */
export async function freshList({ kubectl }: TestCluster): Promise<Readonly<Record<string, string>>> {
  const served = (await kubectl("api-resources", "--no-headers", "-o", "name")).split("\n");
  const wanted = kinds.map(({ kind, group }) => (group === "" ? `${kind.toLowerCase()}s` : `${kind.toLowerCase()}s.${group}`)).filter((name) => served.includes(name));
  const list: unknown = JSON.parse(await kubectl("get", wanted.join(","), "--all-namespaces", "-o", "json"));
  const items = typeof list === "object" && list !== null && "items" in list && Array.isArray(list.items) ? list.items : [];
  const facts = items.map((item) => parseObject(item, context).value).filter((fact) => fact !== undefined);
  const members = new Set(facts.filter(({ kind }) => kind === "Namespace").map(({ name }) => name));
  const ofMesh = facts.filter(({ kind, namespace }) => kind === "Namespace" || kind === "MeshConfig" || members.has(namespace));
  return digests(ofMesh);
}

function digests(facts: readonly Fact[]): Readonly<Record<string, string>> {
  return Object.fromEntries(inOrder(facts, refOf).map((fact) => [refOf(fact), digestOfJson(fact)]));
}

/** Resolves once the bus says what a fresh list says; fails with what differs. */
export async function untilEqual(bus: Bus, cluster: TestCluster): Promise<Readonly<Record<string, string>>> {
  return await eventually(
    async () => {
      const fresh = await freshList(cluster);
      const said = await stateOf(bus);
      const differs = [...new Set([...Object.keys(fresh), ...Object.keys(said)])].filter((ref) => fresh[ref] !== said[ref]);
      expect(canonicalJson(differs.slice(0, 10))).toBe("[]");
      return said;
    },
    { deadlineMs: 180_000, everyMs: 200 },
  );
}

/** Plays the kubelets: every pod that waits runs, each at an address of its own. @returns how many were there. */
export async function runPods(api: KubeApi, namespace: string, expected: number): Promise<void> {
  const { signal } = new AbortController();
  const names = await eventually(
    async () => {
      const list = await api.json({ path: `/api/v1/namespaces/${namespace}/pods`, signal });
      const found = namesIn(list);
      expect(found.length).toBe(expected);
      return found;
    },
    { deadlineMs: 180_000, everyMs: 300 },
  );
  await inParallel(names.entries(), async ([index, name]) => {
    const ip = `10.244.${index >> 8}.${index & 255}`;
    const status = { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions: [{ type: "Ready", status: "True" }] };
    await api.json({ method: "PATCH", path: `/api/v1/namespaces/${namespace}/pods/${name}/status`, body: { status }, contentType: "application/merge-patch+json", signal });
  });
}

/** Does the work for all items, some at a time. */
export async function inParallel<T>(items: Iterator<T>, work: (item: T) => Promise<void>): Promise<void> {
  const worker = async () => {
    for (let next = items.next(); next.done !== true; next = items.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

export function namesIn(list: unknown): readonly string[] {
  const items = typeof list === "object" && list !== null && "items" in list && Array.isArray(list.items) ? list.items : [];
  return items.map((item) => String(item.metadata.name));
}
