import { once } from "node:events";
import { connect as dial, constants, type ClientHttp2Session, type ClientHttp2Stream } from "node:http2";
import { eventually } from "@osm/testkit";
import { expect, test } from "vitest";
import { serviceOf, type AdsClient } from "./ads-client.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";

interface Attacker extends AsyncDisposable {
  /** Opens a stream with a good token, on a connection that keeps to the server's limits of them. */
  open(): ClientHttp2Stream;
  readonly session: ClientHttp2Session;
}

/** A proxy of the mesh that does not mean well: it has HTTP/2 in its own hands. */
async function attack(bench: Bench, xds: RunningXds): Promise<Attacker> {
  const session = dial(`https://127.0.0.1:${await xds.port}`, { ca: bench.root, servername: "localhost" });
  session.on("error", () => undefined);
  await once(session, "connect");
  const { path } = serviceOf("DeltaAggregatedResources");
  const headers = { ":method": "POST", ":path": path, "content-type": "application/grpc", te: "trailers", authorization: `Bearer ${bench.tokenOf("web")}` };
  return {
    session,
    open: () => session.request(headers).on("error", () => undefined),
    [Symbol.asyncDispose]: async () => session.destroy(),
  };
}

async function servedJob(bench: Bench, xds: RunningXds): Promise<AdsClient> {
  const job = await bench.open(xds, "job");
  job.behave();
  await job.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);
  return job;
}

async function expectServed(bench: Bench, job: AdsClient, address: string): Promise<void> {
  const digest = await bench.compiler.endpoints("mail", [address]);
  await job.until(({ EDS }) => EDS.get("mail") === digest);
}

/** What another process does of its own accord; the metric gives no event. */
const connected = (xds: RunningXds, streams: number) =>
  eventually(() => expect(xds.metric("mesh_proxies_connected")).toBe(streams), { deadlineMs: 40_000 });

test("a proxy has no more than its share of streams, over however many connections", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await servedJob(bench, xds);
  await using closing = new AsyncDisposableStack();
  for (let connections = 0; connections < 34; connections++) {
    const attacker = closing.use(await attack(bench, xds));
    for (let streams = 0; streams < 16; streams++) attacker.open();
  }
  await eventually(() => expect(xds.metric('mesh_streams_refused_total{reason="too-many-streams"}')).toBe(34 * 16 - 512), { deadlineMs: 40_000 });
  await connected(xds, 513);
  await expectServed(bench, job, "10.0.0.9");
});

test("streams that are reset as soon as they are open leave nothing behind, and nobody else is kept waiting", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await servedJob(bench, xds);
  await using attacker = await attack(bench, xds);
  for (let streams = 0; streams < 5000 && !attacker.session.destroyed && !attacker.session.closed; streams++) {
    const stream = attacker.open();
    stream.close(constants.NGHTTP2_CANCEL);
    if (streams % 1000 === 0) await expectServed(bench, job, `10.0.1.${streams / 1000}`);
  }
  await expectServed(bench, job, "10.0.0.9");
  await connected(xds, 1);
});

test("a request of a hundred megabytes is cut off long before its end", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await servedJob(bench, xds);
  await using attacker = await attack(bench, xds);
  const stream = attacker.open();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(100 * 1024 * 1024, 1);
  // The answer comes while the request is still on its way.
  const ended = Promise.race([once(stream, "end"), once(stream, "close")]);
  stream.resume();
  stream.write(head);
  const part = Buffer.alloc(64 * 1024);
  let [written, isOpen] = [0, true];
  void ended.then(() => (isOpen = false));
  while (isOpen && written < 100 * 1024 * 1024) {
    written += part.length;
    if (!stream.write(part)) await Promise.race([once(stream, "drain"), ended]);
  }
  await ended;
  expect(written).toBeLessThan(16 * 1024 * 1024);
  await expectServed(bench, job, "10.0.0.9");
  await connected(xds, 1);
});

test("a request that comes byte by byte holds up nobody", async () => {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await servedJob(bench, xds);
  await using attacker = await attack(bench, xds);
  const stream = attacker.open();
  const head = Buffer.from([0, 0, 0, 1, 0]);
  for (const [at, byte] of [...head, ...Buffer.alloc(20)].entries()) {
    stream.write(Buffer.from([byte]));
    await expectServed(bench, job, `10.0.3.${at}`);
  }
  await connected(xds, 2);
});
