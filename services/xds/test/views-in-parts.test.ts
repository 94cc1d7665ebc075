import { digestOf } from "@osm/model";
import { blobReply, blobRequest, decodeJson, encodeJson, type SentOffering } from "@osm/wire";
import { expect, test } from "vitest";
import { createBench, saidShop, type Bench } from "./bench.ts";
import { subjects } from "./mesh-said.ts";

const services = ["cart", "desk", "fair"];

/** Says the offering of `web` with its clusters and endpoints in two parts each. @returns the parts, which are in no store yet. */
async function inParts(bench: Bench): Promise<{ readonly parts: readonly Uint8Array[]; say(): Promise<unknown> }> {
  const { offering } = await bench.compiler.view({ account: "web", services }, bench.store);
  const parts: Uint8Array[] = [];
  const cut = (list: readonly unknown[]) => {
    const made = [list.slice(0, 1), list.slice(1)].map(encodeJson);
    parts.push(...made);
    return { parts: made.map(digestOf) };
  };
  const { resources } = bench.compiler.made({ account: "web", services });
  const sent: SentOffering = { ...offering, digest: digestOf("in parts"), resources: { ...offering.resources, CDS: cut(resources.CDS) }, endpoints: cut(services) };
  return { parts, say: () => bench.bus.publish(subjects.offering(offering.id), encodeJson(sent)) };
}

async function served(bench: Bench) {
  const web = await bench.open(bench.start(), "web");
  web.behave();
  await web.until(({ CDS, EDS }) => CDS.size === services.length && EDS.size === 1);
  return web;
}

test("lists that stand in parts are joined from the store", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const { parts, say } = await inParts(bench);
  await bench.store.put(parts);
  await say();
  expect([...(await served(bench)).held.CDS.keys()].toSorted()).toEqual(services);
});

test("parts that the store lacks or that were poisoned are asked of the compiler", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const { parts, say } = await inParts(bench);
  await bench.store.put(parts.slice(1));
  bench.store.poison(digestOf(parts[1] ?? ""), new TextEncoder().encode("[]"));
  const asked: string[] = [];
  await bench.bus.respond(subjects.callBlob("compiler-0"), async (request) => {
    const { digests } = decodeJson(blobRequest, request);
    asked.push(...digests);
    const blobs = digests.map((digest) => parts.find((part) => digestOf(part) === digest)).map((part) => (part ? Buffer.from(part).toString("base64") : null));
    return encodeJson({ blobs } satisfies Parameters<typeof blobReply.parse>[0]);
  });
  await say();
  await served(bench);
  expect(asked.toSorted()).toEqual(parts.slice(0, 2).map(digestOf).toSorted());
});

test("while a part is nowhere the earlier view serves on", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const web = await bench.open(xds, "web");
  web.behave();
  await web.until(({ CDS }) => CDS.size === 1);
  const { parts, say } = await inParts(bench);
  await bench.store.put(parts.slice(1));
  await say();
  await xds.line("views incomplete, earlier ones stay");
  expect(web.held.CDS.size).toBe(1);

  await bench.store.put(parts);
  await web.until(({ CDS }) => CDS.size === services.length);
});
