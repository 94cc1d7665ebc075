import { digestOf, type Digest } from "@osm/model";
import { blobReply, decodeJson, encodeJson } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, subjects, listedFor, offeringOf, viewOf, type Bench } from "./bench.ts";
import { pod, service, shop } from "./mesh-facts.ts";

async function runningShop(bench: Bench, member?: string) {
  const compiler = bench.start(member);
  await compiler.ready;
  return compiler;
}

async function said(bench: Bench) {
  await bench.say(...shop);
  await bench.barrier();
}

async function blobs({ bus }: Bench, member: string, digests: readonly Digest[]) {
  const reply = await bus.request(subjects.callBlob(member), encodeJson({ digests }), { timeoutMs: 5000 });
  return decodeJson(blobReply, reply).blobs.map((blob) => (blob === null ? undefined : Buffer.from(blob, "base64")));
}

async function digestsOfClient(bench: Bench): Promise<readonly Digest[]> {
  return Object.values(await listedFor(bench, "client")).flatMap((refs) => refs.map(({ digest }) => digest));
}

test("bytes are given out for digests that a view lists, and for no others", async () => {
  await using bench = createBench();
  await said(bench);
  await runningShop(bench);
  const known = await digestsOfClient(bench);
  const answered = await blobs(bench, "compiler-0", [...known, digestOf("unheard of")]);

  expect(known.length).toBeGreaterThan(3);
  expect(answered.map((bytes) => bytes && digestOf(bytes))).toEqual([...known, undefined]);
});

test("a request that is none is refused, and the next one answered", async () => {
  await using bench = createBench();
  await said(bench);
  await runningShop(bench);
  await expect(bench.bus.request(subjects.callBlob("compiler-0"), new Uint8Array([1, 2, 3]), { timeoutMs: 5000 })).rejects.toMatchObject({ code: "Refused" });
  expect((await blobs(bench, "compiler-0", await digestsOfClient(bench))).every((bytes) => bytes !== undefined)).toBe(true);
});

test("a compiler answers in the name of one whose lists it found and that is gone", async () => {
  await using bench = createBench();
  await said(bench);
  await (await runningShop(bench, "compiler-a")).stop();
  await runningShop(bench, "compiler-b");

  expect([(await viewOf(bench, "client")).publisher, (await offeringOf(bench, "client")).publisher]).toEqual(["compiler-a", "compiler-a"]);
  expect((await blobs(bench, "compiler-a", await digestsOfClient(bench))).every((bytes) => bytes !== undefined)).toBe(true);
});

test("what is in the store is what the views list", async () => {
  await using bench = createBench();
  await said(bench);
  await runningShop(bench);
  const stored = await bench.store.get(await digestsOfClient(bench));
  expect(stored.every((bytes) => bytes !== undefined)).toBe(true);
});

test("without the store views go out all the same; when it is back it gets what it lacks", async () => {
  await using bench = createBench();
  bench.store.disconnect();
  await said(bench);
  const compiler = await runningShop(bench);
  const known = await digestsOfClient(bench);
  expect((await blobs(bench, "compiler-0", known)).every((bytes) => bytes !== undefined)).toBe(true);
  expect(compiler.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual(["store unavailable, readers will ask for blobs"]);

  bench.store.reconnect();
  await bench.through(await bench.say(service("cart", "10.96.0.2"), pod("cart")));
  expect((await bench.store.get(await digestsOfClient(bench))).every((bytes) => bytes !== undefined)).toBe(true);
});
