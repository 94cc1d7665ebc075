import { connect as dial, type Socket } from "node:net";
import { once } from "node:events";
import { encode, DeltaDiscoveryRequestSchema } from "@osm/envoy-api";
import { typeUrls } from "@osm/model";
import { eventually } from "@osm/testkit";
import { expect, test } from "vitest";
import type { AdsClient } from "./ads-client.ts";
import { createBench, saidShop, type Bench, type RunningXds } from "./bench.ts";
import { frame, frameTypes, openRaw, type RawHttp2 } from "./raw-http2.ts";

const megabyte = 1024 * 1024;

interface Scene {
  readonly bench: Bench;
  readonly xds: RunningXds;
  /** A proxy that means well. */
  readonly job: AdsClient;
  readonly raw: RawHttp2;
}

/** Plays a scene; afterwards a push still arrives, and no more memory is held than this. Client and server share the process. */
async function play(mostBytes: number, act: (scene: Scene) => Promise<void>, reads = true): Promise<void> {
  await using bench = createBench();
  await saidShop(bench);
  const xds = bench.start();
  const job = await bench.open(xds, "job");
  job.behave();
  await job.until(({ SDS, EDS, LDS }) => SDS.size === 2 && EDS.size === 1 && LDS.size === 1);
  await using raw = await openRaw(await xds.port, bench.root, { reads });
  const before = process.memoryUsage.rss();
  await act({ bench, xds, job, raw });
  await expectServed({ bench, job }, "10.0.0.9");
  expect(process.memoryUsage.rss() - before).toBeLessThan(mostBytes);
}

async function expectServed({ bench, job }: Pick<Scene, "bench" | "job">, address: string): Promise<void> {
  const digest = await bench.compiler.endpoints("mail", [address]);
  await job.until(({ EDS }) => EDS.get("mail") === digest);
}

/** Sends the same again and again until the server has had enough, or all of it was taken; others are served meanwhile. */
async function flood({ bench, job, raw }: Scene, { frames, times }: { readonly frames: Buffer; readonly times: number }): Promise<boolean> {
  for (let time = 0; time < times; time++) {
    if (!(await raw.send(frames))) return true;
    if (time % 50 === 0) await expectServed({ bench, job }, `10.1.0.${(time / 50) % 250}`);
  }
  return false;
}

const repeated = (one: Buffer, count: number) => Buffer.concat(Array.from({ length: count }, () => one));

test("pings without end, to whose answers nobody listens, end their connection", { timeout: 60_000 }, async () => {
  await play(128 * megabyte, async (scene) => {
    const frames = repeated(frame(frameTypes.ping, Buffer.alloc(8)), 1000);
    expect(await flood(scene, { frames, times: 2000 })).toBe(true);
  }, false);
});

test("settings without end, too", { timeout: 60_000 }, async () => {
  await play(128 * megabyte, async (scene) => {
    const frames = repeated(frame(frameTypes.settings), 1000);
    expect(await flood(scene, { frames, times: 2000 })).toBe(true);
  }, false);
});

test("headers that go on without end are cut off", { timeout: 60_000 }, async () => {
  await play(128 * megabyte, async (scene) => {
    await scene.raw.send(frame(frameTypes.headers, Buffer.alloc(100), { stream: 1 }));
    const frames = frame(frameTypes.continuation, Buffer.alloc(16_000), { stream: 1 });
    expect(await flood(scene, { frames, times: 2000 })).toBe(true);
  });
});

test("streams that are opened and reset without end are cut off", { timeout: 60_000 }, async () => {
  await play(128 * megabyte, async (scene) => {
    let isCut = false;
    for (let stream = 1; stream < 40_000 && !isCut; stream += 2) {
      // ":method: GET", ":scheme: https", ":path: /" of the static table.
      const open = frame(frameTypes.headers, Buffer.from([0x82, 0x87, 0x84]), { flags: 0x4, stream });
      isCut = !(await scene.raw.send(Buffer.concat([open, frame(frameTypes.reset, Buffer.alloc(4), { stream })])));
    }
    expect(isCut).toBe(true);
  });
});

test("ten thousand streams at once are not let onto a connection", { timeout: 60_000 }, async () => {
  await play(128 * megabyte, async (scene) => {
    const open = Array.from({ length: 10_000 }, (_, at) => frame(frameTypes.headers, Buffer.from([0x82, 0x87, 0x84]), { flags: 0x4, stream: 2 * at + 1 }));
    await scene.raw.send(Buffer.concat(open));
    await expectServed(scene, "10.0.0.8");
    expect(scene.xds.metric("mesh_proxies_connected")).toBe(1);
  });
});

test("a million names end the stream that asks for them, in as many requests as it likes", { timeout: 60_000 }, async () => {
  await play(256 * megabyte, async ({ bench, xds, job }) => {
    const greedy = await bench.open(xds, "web");
    let isOver = false;
    void greedy.ended.then(() => (isOver = true));
    for (let request = 0; request < 100 && !isOver; request++) {
      const names = Array.from({ length: 10_000 }, (_, at) => `cluster-${request}-${at}`);
      greedy.send(encode(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls.EDS, resourceNamesSubscribe: names }));
      await expectServed({ bench, job }, `10.2.0.${request}`);
    }
    expect(await greedy.ended).toMatchObject({ details: "too-many-names" });
  });
});

test("connections that never shake hands are closed, and leave nothing behind", { timeout: 60_000 }, async () => {
  await play(128 * megabyte, async ({ bench, xds }) => {
    const port = await xds.port;
    const silent = await Promise.all(Array.from({ length: 300 }, async (): Promise<Socket> => {
      const socket = dial(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      return socket;
    }));
    const open = silent.filter((socket) => !socket.destroyed);
    await Promise.all(open.map((socket) => new Promise((resolve) => socket.resume().once("close", resolve))));
    const later = await bench.open(xds, "web");
    later.behave();
    await later.until(({ SDS, EDS }) => SDS.size === 2 && EDS.size === 1);
    await eventually(() => expect(xds.metric('mesh_streams_refused_total{reason="no-handshake"}')).toBeGreaterThan(0));
  });
});
