import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCluster } from "@osm/kube";
import { silentLog } from "@osm/runtime";
import { describe, expect, test } from "vitest";
import { createChannel } from "../src/kubernetes/channel.ts";
import { errorOfStatus, isExpired, KubeError } from "../src/kubernetes/kube-error.ts";
import { linesOf } from "../src/kubernetes/lines.ts";
import { createTold } from "../src/kubernetes/told.ts";
import { metaOf, trimmed } from "../src/kubernetes/watched-object.ts";

const name = (text: string) => ({ namespace: "shop", name: text, resourceVersion: "1", endsList: false });

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("the lines of a stream", () => {
  async function* chunks(...texts: readonly string[]): AsyncIterable<Uint8Array> {
    for (const text of texts) yield Buffer.from(text);
  }
  test("are found wherever the stream is cut, inside a character too", async () => {
    const bytes = Buffer.from("one\ntwö\nthree\nrest");
    async function* singly(): AsyncIterable<Uint8Array> {
      for (const byte of bytes) yield Buffer.from([byte]);
    }
    expect(await all(linesOf(singly()))).toEqual(["one", "twö", "three"]);
    expect(await all(linesOf(chunks("one\ntw", "o\n", "\n")))).toEqual(["one", "two", ""]);
  });
  test("have an end: one that never comes is an error", async () => {
    const piece = Buffer.alloc(4_000_000, 0x61);
    async function* endless(): AsyncIterable<Uint8Array> {
      for (;;) yield piece;
    }
    await expect(all(linesOf(endless()))).rejects.toThrow(KubeError);
  });
});

describe("what was told", () => {
  test("and is in no later list is gone", () => {
    const told = createTold();
    for (const each of ["a", "b", "c"]) told.add(name(each));
    told.beginList();
    told.add(name("b"));
    told.add(name("d"));
    told.delete(name("c"));
    expect(told.endList()).toEqual([{ namespace: "shop", name: "a" }]);
    told.beginList();
    expect(told.endList().map((each) => each.name)).toEqual(["b", "d"]);
    expect(told.isEmpty()).toBe(true);
  });
  test("stays known through a list that was cut and begun again", () => {
    const told = createTold();
    told.beginList();
    told.add(name("a"));
    told.beginList();
    told.add(name("b"));
    expect(told.endList()).toEqual([{ namespace: "shop", name: "a" }]);
  });
});

test("a channel makes its writers wait for its reader, and lets them go when it is closed", async () => {
  const channel = createChannel<number>(2);
  let put = 0;
  const writer = (async () => {
    for (let item = 1; item <= 5; item++) await channel.put(item).then(() => put++);
  })();
  const got: number[] = [];
  for await (const item of channel.items()) {
    if (got.length === 0) expect(put).toBeLessThanOrEqual(3);
    got.push(item);
    if (got.length === 5) break;
  }
  await writer;
  expect(got).toEqual([1, 2, 3, 4, 5]);
  const full = createChannel<number>(1);
  await full.put(1);
  const waiting = full.put(2);
  full.close();
  await waiting;
  expect(await all(full.items())).toEqual([]);
});

test("an object is told with what it is and without who wrote it", () => {
  const served = { group: "access.smi-spec.io", version: "v1alpha3", kind: "TrafficTarget", plural: "traffictargets", namespaced: true };
  const item = { metadata: { name: "a", namespace: "shop", resourceVersion: "7", managedFields: [{ manager: "kubectl" }] }, spec: { rules: [] } };
  expect(trimmed(item, served)).toEqual({
    apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name: "a", namespace: "shop", resourceVersion: "7" }, spec: { rules: [] },
  });
  expect(metaOf(item)).toEqual({ namespace: "shop", name: "a", resourceVersion: "7", endsList: false });
});

test.each([
  { status: { code: 410, reason: "Expired", message: "too old resource version" }, expired: true },
  { status: { code: 504, reason: "Timeout", message: "Too large resource version: 9, current: 3" }, expired: true },
  { status: { code: 500, message: "etcd leader changed" }, expired: false },
  { status: undefined, expired: false },
])("$status.message asks for a new list: $expired", ({ status, expired }) => {
  expect(isExpired(errorOfStatus(status, 500))).toBe(expired);
});

describe("a cluster's URL", () => {
  const open = (url: string) => () => openCluster(url, { log: silentLog });
  test("names folders or a Kubernetes API; of anything else it is said what to write", () => {
    expect(openCluster("folder:/tmp", { log: silentLog }).api).toBeUndefined();
    for (const url of ["folder:", "https://host", "k8s:"]) expect(open(url)).toThrow("kubernetes:<kubeconfig>?context=<name>");
    expect(open("kubernetes:/nowhere/config")).toThrow("there is no kubeconfig at /nowhere/config");
  });
  test("with a kubeconfig that is broken or lacks the context says so, and quotes nothing of it", async () => {
    const dir = await mkdtemp(join(tmpdir(), "osm-kubeconfig-"));
    const broken = join(dir, "broken");
    await writeFile(broken, "users: [{name: a, user: {token: very-secret}\n  oops: [");
    expect(open(`kubernetes:${broken}`)).toThrow(/is no kubeconfig/);
    expect(open(`kubernetes:${broken}`)).not.toThrow(/very-secret/);
    const whole = join(dir, "whole");
    await writeFile(whole, JSON.stringify({
      "current-context": "one", contexts: [{ name: "one", context: { cluster: "c", user: "u" } }],
      clusters: [{ name: "c", cluster: { server: "https://127.0.0.1:1" } }], users: [{ name: "u", user: { token: "very-secret" } }],
    }));
    expect(openCluster(`kubernetes:${whole}`, { log: silentLog }).api).toBeDefined();
    expect(open(`kubernetes:${whole}?context=two`)).toThrow("no context two");
    await rm(dir, { recursive: true });
  });
});
