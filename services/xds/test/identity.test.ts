import { createPrivateKey, X509Certificate } from "node:crypto";
import { contentOf } from "@osm/ads";
import { createMemoryBus } from "@osm/bus";
import { decode, SecretSchema } from "@osm/envoy-api";
import { digestOf } from "@osm/model";
import { createCsr, createRoot, generateKeyPair, parseAuthority, signLeaf } from "@osm/pki";
import { noTracer, silentLog, type Log } from "@osm/runtime";
import { eventually } from "@osm/testkit";
import { decodeJson, encodeJson, signRequest } from "@osm/wire";
import { expect, test } from "vitest";
import { obtainIdentity } from "../src/identities.ts";
import type { AdsClient } from "./ads-client.ts";
import { createBench, saidShop, type Bench } from "./bench.ts";
import { createSpeaker, identityOf, proxyOf, subjects } from "./mesh-said.ts";

/** The newest certificate that a client was sent. */
function certificateOf(client: AdsClient): { readonly names: string | undefined; readonly version: string | undefined; readonly hasKey: boolean } {
  const last = client.received.findLast(({ bytes }) => bytes.has("identity"));
  const { type } = decode(SecretSchema, last?.bytes.get("identity") ?? new Uint8Array());
  if (type.case !== "tlsCertificate") throw new Error("no certificate");
  const names = new X509Certificate(inline(type.value.certificateChain)).subjectAltName;
  return { names, version: last?.put.get("identity"), hasKey: inline(type.value.privateKey).includes("PRIVATE KEY") };
}

function inline(source: { readonly specifier: { readonly value?: unknown } } | undefined): string {
  return Buffer.from(source?.specifier.value instanceof Uint8Array ? source.specifier.value : []).toString();
}

async function opened(bench: Bench, uid: string, account = uid) {
  const client = await bench.open(bench.start(), uid, { account });
  client.behave();
  await client.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);
  return client;
}

test("each proxy has a certificate of its own, of its account's name", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await bench.compiler.proxy(proxyOf("web-2", "web"));
  const [web, second, job] = [await opened(bench, "web"), await opened(bench, "web-2", "web"), await opened(bench, "job")];

  expect(certificateOf(web)).toMatchObject({ hasKey: true, names: expect.stringContaining("URI:spiffe://cluster.local/ns/shop/sa/web") });
  expect(certificateOf(second).names).toBe(certificateOf(web).names);
  expect(certificateOf(second).version).not.toBe(certificateOf(web).version);
  expect(certificateOf(job).names).toContain("URI:spiffe://cluster.local/ns/shop/sa/job");
});

test("other secrets are absent, and asking for all gives the own ones", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await bench.open(xds, "job");
  job.behave();
  await job.until(({ SDS }) => SDS.size === 2);
  const web = await bench.open(xds, "web");
  web.behave({ SDS: { subscribe: ["*", "identity", "trust", "job", "identity.job", "spiffe://cluster.local/ns/shop/sa/job"] } });
  const absent = () => web.received.filter(({ type }) => type === "SDS").flatMap(({ removed }) => removed);
  await web.until(({ SDS }) => SDS.size === 2 && absent().length === 3);

  expect(absent().toSorted()).toEqual(["identity.job", "job", "spiffe://cluster.local/ns/shop/sa/job"]);
  expect([...web.held.SDS.keys()].toSorted()).toEqual(["identity", "trust"]);
  expect(certificateOf(web).names).toContain("/sa/web");
});

test("private keys are on no bus and in no store", async () => {
  await using bench = createBench();
  await saidShop(bench);
  await opened(bench, "web");
  for await (const event of bench.bus.watch(">", { signal: new AbortController().signal })) {
    if (event.kind === "current") break;
    if (event.kind === "entry") expect(Buffer.from(event.entry.bytes ?? []).toString()).not.toContain("PRIVATE KEY");
  }
});

test("a certificate of another key is given to nobody, and asked for again", async () => {
  await using bus = createMemoryBus();
  const now = Date.now() / 1000;
  const ca = parseAuthority("workloads", await createRoot({ commonName: "root", now, lifetimeSec: 3600 }));
  const others = createCsr(await generateKeyPair());
  let asked = 0;
  await bus.respond(subjects.callCaSign, async (bytes) => {
    const { identity, csr } = decodeJson(signRequest, bytes);
    const csrDer = asked++ === 0 ? others : Buffer.from(csr, "base64");
    const { chainPem, issuer, notAfter } = signLeaf({ csrDer, identity, trustDomain: "cluster.local", ca, now, validitySec: 60 });
    return encodeJson({ chain: chainPem, issuer, notAfter });
  });
  const warned: unknown[] = [];
  const log: Log = { ...silentLog, warn: (fields) => void warned.push(fields) };
  const deps = { bus, subjects, replica: "xds-0", log, tracer: noTracer, now: Date.now };
  const issued = await obtainIdentity(identityOf("web"), deps, new AbortController().signal);

  const { type } = decode(SecretSchema, contentOf(issued?.identity.bytes ?? new Uint8Array()));
  if (type.case !== "tlsCertificate") throw new Error("no certificate");
  const shown = new X509Certificate(inline(type.value.certificateChain));
  expect(shown.checkPrivateKey(createPrivateKey(inline(type.value.privateKey)))).toBe(true);
  expect(asked).toBe(2);
  expect(warned).toMatchObject([{ err: { message: "the certificate that came is of another key" }, serviceAccount: "web" }]);
});

test("a proxy that comes back with a live certificate keeps it, and none is issued", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const ca = await bench.startCa();
  const xds = bench.start();
  const first = await bench.open(xds, "web");
  first.behave();
  await first.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);
  const { held } = first;
  await first[Symbol.asyncDispose]();
  const signed = ca.signed();

  const second = await bench.open(xds, "web", { held });
  second.behave();
  const digest = await bench.compiler.endpoints("cart", ["10.0.0.3"]);
  await second.until(({ EDS }) => EDS.get("cart") === digest);
  await bench.settled(1);
  expect(second.received.filter(({ type }) => type === "SDS")).toEqual([]);
  expect(ca.signed()).toBe(signed);
});

test("one of another issuer, or of no form at all, is replaced", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const foreign = [`${digestOf("another root")}.${Math.floor(bench.clock.now() / 1000) + 3600}.${digestOf("leaf")}`, "forever"];
  for (const version of foreign) {
    const web = await bench.open(xds, "web");
    web.behave({ SDS: { subscribe: ["identity"], initial: new Map([["identity", version]]) } });
    await web.until(({ SDS }) => SDS.has("identity"));
    expect(certificateOf(web).names).toContain("/sa/web");
  }
});

test("a proxy that first claims to hold one and then wants it after all is given one; the server lives on", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const web = await bench.open(xds, "web");
  web.behave();
  await web.until(({ SDS }) => SDS.size === 2);
  const [issuer] = (web.held.SDS.get("identity") ?? "").split(".");

  const liar = await bench.open(xds, "web");
  const claimed = `${issuer}.${Math.floor(bench.clock.now() / 1000) + 3600}.${digestOf("never was")}`;
  liar.ask("SDS", { subscribe: ["*", "identity"], initial: new Map([["identity", claimed]]) });
  liar.ask("SDS", { unsubscribe: ["identity"] });
  liar.ask("SDS", { subscribe: ["identity"] });
  liar.behave({ SDS: {} });
  await liar.until(({ SDS }) => SDS.has("identity"));
  expect(certificateOf(liar).names).toContain("/sa/web");
  expect(xds.metric("mesh_proxies_connected")).toBe(2);
});

test("however many streams a proxy opens, and however often, one certificate is issued to it", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const asking = async () => {
    const stream = await bench.open(xds, "web");
    stream.behave();
    await stream.until(({ SDS }) => SDS.size === 2);
    return stream;
  };
  const streams = await Promise.all(Array.from({ length: 20 }, asking));
  expect(new Set(streams.map((stream) => certificateOf(stream).version)).size).toBe(1);
  for (const stream of streams) await stream[Symbol.asyncDispose]();
  const again = await asking();
  expect(certificateOf(again).version).toBe(certificateOf(streams[0] ?? again).version);
});

test("one that asks without end while there is no certificate authority leaves no tries behind when it goes", async () => {
  await using bench = createBench();
  const { compiler, store, bus } = bench;
  await bus.publish("mesh.osm.v1.trust.bundle", (await trustOf(createBench())).bytes);
  await compiler.view({ account: "web", services: ["cart"] }, store);
  await compiler.proxy(proxyOf("web", "web"));
  await compiler.compiled(1);
  const xds = bench.start();
  for (let round = 0; round < 3; round++) {
    const web = await bench.open(xds, "web");
    web.behave();
    await web.until(({ SDS }) => SDS.has("trust"));
    await web[Symbol.asyncDispose]();
  }
  await eventually(() => expect(xds.metric("mesh_proxies_connected")).toBe(0));
  const ca = await bench.startCa();
  const web = await bench.open(xds, "web");
  web.behave();
  await web.until(({ SDS }) => SDS.has("identity"));
  expect(ca.signed()).toBe(1);
});

test("a certificate is renewed at two thirds of its life at the latest, while its stream is open", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const web = await opened(bench, "web");
  await bench.settled(1);
  const first = certificateOf(web).version;
  bench.clock.advance(1900_000);
  expect(certificateOf(web).version).toBe(first);
  bench.clock.advance(520_000);
  await web.until(({ SDS }) => SDS.get("identity") !== first);
  expect(certificateOf(web).names).toContain("/sa/web");
});

test("without a certificate authority a proxy gets all but its certificate, and that as soon as there is one", async () => {
  await using bench = createBench();
  const { bus, store } = bench;
  const compiler = createSpeaker(bus);
  await bench.bus.publish("mesh.osm.v1.trust.bundle", (await trustOf(createBench())).bytes);
  await compiler.view({ account: "web", services: ["cart"] }, store);
  await compiler.endpoints("cart", ["10.0.0.1"]);
  await compiler.proxy(proxyOf("web", "web"));
  await compiler.compiled(1);
  const xds = bench.start();
  const web = await bench.open(xds, "web");
  web.behave();
  await web.until(({ EDS, LDS, SDS }) => EDS.size === 1 && LDS.size === 1 && SDS.has("trust"));
  await xds.line("certificate not issued");
  expect(web.held.SDS.has("identity")).toBe(false);
  await bench.startCa();
  await web.until(({ SDS }) => SDS.has("identity"));
});

/** What a CA says of itself, taken from another bench: all benches have one root. */
async function trustOf(other: Bench): Promise<{ readonly bytes: Uint8Array | undefined }> {
  await using bench = other;
  await bench.startCa();
  return { bytes: (await bench.bus.last("mesh.osm.v1.trust.bundle"))?.bytes };
}
