import { decode, encode, SanType, SecretSchema, type Secret } from "@osm/envoy-api";
import { digestOf } from "@osm/model";
import { decodeJson, encodeJson, trustPayload } from "@osm/wire";
import { expect, test } from "vitest";
import type { AdsClient } from "./ads-client.ts";
import { createBench, saidShop, type Bench } from "./bench.ts";
import { proxyOf, subjects, type Named } from "./mesh-said.ts";

const name = "trust-inbound.9000";

/** Who may open connections of bytes, as a compiler says it: without the roots. */
function callersSecret(...callers: readonly string[]): Named {
  const matchTypedSubjectAltNames = callers.map((exact) => ({ sanType: SanType.URI, matcher: { matchPattern: { case: "exact", value: exact } } }) as const);
  return { name, bytes: encode(SecretSchema, { name, type: { case: "validationContext", value: { matchTypedSubjectAltNames } } }), needs: [] };
}

const digestIn = ({ bytes }: Named) => digestOf(bytes);

async function say({ compiler, store }: Bench, secret: Named): Promise<void> {
  await compiler.view({ account: "web", services: ["cart"], secrets: [secret] }, store);
}

/** What a proxy makes of the newest secret of the name. */
function read({ received }: AdsClient): { readonly name: string; readonly roots: string; readonly callers: readonly string[] } {
  const bytes = received.findLast(({ put }) => put.has(name))?.bytes.get(name);
  const { name: own, type }: Secret = decode(SecretSchema, bytes ?? new Uint8Array());
  if (type.case !== "validationContext" || type.value.trustedCa?.specifier.case !== "inlineBytes") throw new Error("no roots to validate with");
  const callers = type.value.matchTypedSubjectAltNames.map(({ matcher }) => (matcher?.matchPattern.case === "exact" ? matcher.matchPattern.value : "not exact"));
  return { name: own, roots: new TextDecoder().decode(type.value.trustedCa.specifier.value), callers };
}

async function served(bench: Bench, secret: Named): Promise<AdsClient> {
  const web = await bench.open(bench.start(), "web");
  web.behave({ SDS: { subscribe: ["identity", "trust", name] } });
  await web.until(({ SDS }) => SDS.get(name)?.startsWith(digestIn(secret)) === true && SDS.has("trust"));
  return web;
}

async function rootsOf({ bus }: Bench) {
  return decodeJson(trustPayload, (await bus.last(subjects.trust))?.bytes ?? new Uint8Array());
}

test("whose certificates are taken is served together with the roots, as one secret under its own name", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const secret = callersSecret("spiffe://a", "spiffe://b");
  await say(bench, secret);
  const web = await served(bench, secret);
  expect(read(web)).toEqual({ name, roots: (await rootsOf(bench)).roots.join(""), callers: ["spiffe://a", "spiffe://b"] });
  expect(web.held.SDS.get(name)).toBe(`${digestIn(secret)}.${web.held.SDS.get("trust")}`);
});

test("other callers change that secret alone", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await say(bench, callersSecret("spiffe://a"));
  const web = await served(bench, callersSecret("spiffe://a"));
  await bench.settled(1);
  const before = web.received.length;
  const fewer = callersSecret("spiffe://b");
  await say(bench, fewer);
  await web.until(({ SDS }) => SDS.get(name)?.startsWith(digestIn(fewer)) === true);
  await bench.settled(1);
  expect(web.received.slice(before).map(({ type, put }) => `${type} ${[...put.keys()].join()}`)).toEqual([`SDS ${name}`]);
  expect(read(web).callers).toEqual(["spiffe://b"]);
});

test("other roots change it too, and its callers stay", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const secret = callersSecret("spiffe://a");
  await say(bench, secret);
  const web = await served(bench, secret);
  const [before, trust] = [web.held.SDS.get(name), await rootsOf(bench)];
  const roots = [...trust.roots, bench.root];
  await bench.bus.publish(subjects.trust, encodeJson({ ...trust, roots }));
  await web.until(({ SDS }) => SDS.get(name) !== before);
  expect(read(web)).toEqual({ name, roots: roots.join(""), callers: ["spiffe://a"] });
  expect(web.held.SDS.get(name)).toBe(`${digestIn(secret)}.${web.held.SDS.get("trust")}`);
});

test("a proxy that comes back with it is not sent it again", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const secret = callersSecret("spiffe://a");
  await say(bench, secret);
  const xds = bench.start();
  const first = await bench.open(xds, "web");
  const subscribe = ["identity", "trust", name];
  first.behave({ SDS: { subscribe } });
  await first.until(({ SDS }) => SDS.size === 3);
  const again = await bench.open(xds, "web", { held: first.held });
  again.behave({ SDS: { subscribe } });
  // What is asked for later is answered later.
  again.ask("SDS", { subscribe: ["nobody's"] });
  for (let last = await again.next(); !last.removed.includes("nobody's"); ) last = await again.next();
  expect(again.received.flatMap(({ put }) => [...put.keys()])).not.toContain(name);
});

test("a secret that no view of the proxy lists is not there", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await say(bench, callersSecret("spiffe://a"));
  const job = await bench.open(bench.start(), "job");
  job.behave({ SDS: { subscribe: ["identity", "trust", name] } });
  await job.until(({ SDS }) => SDS.size === 2);
  await bench.settled(1);
  expect(job.received.flatMap(({ put }) => [...put.keys()])).not.toContain(name);
});

test("one that an Envoy refuses is told, and nothing older stands in for it: a revocation is for all others all the same", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await bench.compiler.proxy(proxyOf("web-2", "web"));
  await say(bench, callersSecret("spiffe://a", "spiffe://b"));
  const xds = bench.start();
  const fewer = callersSecret("spiffe://b");
  const web = await bench.open(xds, "web");
  web.behave({ SDS: { subscribe: ["identity", "trust", name] } }, ({ put }) => (put.get(name)?.startsWith(digestIn(fewer)) ? `${name}: no` : undefined));
  await web.until(({ SDS }) => SDS.size === 3);
  await say(bench, fewer);
  const { rejected } = await bench.outcome("web", (outcome) => outcome.rejected.length > 0);
  expect(rejected).toMatchObject([{ type: "SDS", name, words: `${name}: no` }]);

  const late = await bench.open(xds, "web-2", { account: "web" });
  late.behave({ SDS: { subscribe: ["identity", "trust", name] } });
  await late.until(({ SDS }) => SDS.get(name)?.startsWith(digestIn(fewer)) === true);
  expect(read(late).callers).toEqual(["spiffe://b"]);
  await bench.settled(2);
});
