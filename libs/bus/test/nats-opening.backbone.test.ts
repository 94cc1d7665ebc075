import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { meshName } from "@osm/model";
import { silentLog } from "@osm/runtime";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBus } from "../src/index.ts";
import { watchFill } from "../src/nats/fill.ts";
import { hearingLog } from "./heard.ts";
import { startNatsMeshes, type NatsMeshes } from "./nats-meshes.ts";
import { openConfig, startNats } from "./nats-server.ts";
import { bytesOf, openReader, shown } from "./reader.ts";

const mesh = meshName("osm");
const never = new AbortController().signal;
const fact = "mesh.osm.v1.fact.Pod.ns.x";

needs("nats-server", "openssl")("a bus that is opened on NATS", () => {
  let place: NatsMeshes;
  beforeAll(async () => {
    place = await startNatsMeshes([mesh]);
  });
  afterAll(() => place[Symbol.asyncDispose]());
  const opening = (query: string, signal = never) => openBus(`tls://127.0.0.1:${place.server.port}${query}`, { mesh, signal, log: silentLog });

  test("with a wrong password is refused in words that name user and folder, and not the password", async () => {
    const folder = place.credentials(mesh, "cli");
    await writeFile(join(folder, "password"), "hunter2");
    const refused = await opening(`?credentials=${folder}`).catch((err: unknown) => err);
    expect(refused).toMatchObject({ code: "Refused", message: expect.stringContaining(`refuses the user "osm-cli": look at the files user and password in ${folder}`) });
    expect(JSON.stringify(refused)).not.toContain("hunter2");
  });

  test("over a line that it does not trust goes on trying, and tells why", async () => {
    const folder = place.credentials(mesh, "injector");
    await rm(join(folder, "ca.crt"));
    const stop = new AbortController();
    const heard = hearingLog();
    const pending = openBus(`tls://127.0.0.1:${place.server.port}?credentials=${folder}`, { mesh, signal: stop.signal, log: heard.log });
    const { fields } = await heard.hears("bus cannot be reached, tried again");
    expect(String(fields["err"])).toMatch(/certificate/);
    stop.abort(new Error("stopping"));
    await expect(pending).rejects.toThrow("stopping");
  });

  test("by a service that may not set the stream up waits for the one that may", async () => {
    const xds = await place.open(mesh, "xds");
    await using _xds = xds;
    await expect(xds.publish("mesh.osm.v1.progress.x1", bytesOf("1"))).rejects.toMatchObject({ code: "Unavailable", message: expect.stringContaining("watcher") });
    await using reader = openReader(xds, "mesh.osm.v1.view.*");
    const first = reader.next();
    await using watcher = await place.open(mesh, "watcher");
    await watcher.publish(fact, bytesOf("1"));
    expect(shown(await first)).toBe("current");
    await xds.publish("mesh.osm.v1.progress.x1", bytesOf("1"));
  });

  test("by a service that may not set the stream up never asks for it, so that nobody is told of a refusal", async () => {
    await place.server.loseDisk();
    const heard = hearingLog();
    await using compiler = await place.open(mesh, "compiler", { log: heard.log });
    await expect(compiler.last("mesh.osm.v1.view.v1")).rejects.toMatchObject({ code: "Unavailable", message: expect.stringContaining("watcher") });
    await using _watcher = await place.open(mesh, "watcher");
    expect(await compiler.last("mesh.osm.v1.view.v1")).toBeUndefined();
    // A stream that stands, but differs from what is asked for now, is left to the watcher as well.
    await using smaller = await openBus(`tls://127.0.0.1:${place.server.port}?maxBytes=1000000&credentials=${place.credentials(mesh, "compiler")}`, { mesh, signal: never, log: heard.log });
    expect(await smaller.last("mesh.osm.v1.view.v1")).toBeUndefined();
    expect(heard.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("whose password changes is told so in the log, and comes back by itself with the new one", async () => {
    const heard = hearingLog();
    await using ca = await place.open(mesh, "ca", { log: heard.log });
    const folder = place.credentials(mesh, "ca");
    await writeFile(join(folder, "password"), "not yet rotated");
    await place.server.restart();
    expect(await heard.hears("bus refuses our user or password, tried again")).toMatchObject({ level: "error" });
    expect(JSON.stringify(heard.lines)).not.toContain("not yet rotated");
    await writeFile(join(folder, "password"), "password of ca in osm");
    await heard.hears("bus found again");
    await ca.publish("mesh.osm.v1.trust.bundle", bytesOf("1"));
  });
});

needs("nats-server")("a bus that is opened on NATS without TLS", () => {
  test("waits for a server that is not there yet", async () => {
    await using server = await startNats();
    await server.kill();
    const heard = hearingLog();
    const opening = openBus(`nats://127.0.0.1:${server.port}`, { mesh, signal: never, log: heard.log });
    await heard.hears("bus cannot be reached, tried again");
    await server.start();
    await using bus = await opening;
    expect(await bus.publish(fact, bytesOf("1"))).toBe(1);
  });

  test("gives an older stream the subjects and the room of today, and takes none away", async () => {
    await using server = await startNats();
    const { openNatsBus } = await import("../src/nats/nats-bus.ts");
    const address = { server: `127.0.0.1:${server.port}`, host: "127.0.0.1", isEncrypted: false, credentials: undefined, replicas: 1, maxBytes: 1_000_000 };
    const plan = { name: "mesh-osm", maxBytes: 1_000_000, replicas: 1, tombstoneTtlMs: 3_600_000 };
    await using old = await openNatsBus({ address, signal: never, log: silentLog, stream: { ...plan, subjects: ["mesh.osm.v1.fact.>", "mesh.osm.v1.older.>"] } });
    await old.publish("mesh.osm.v1.older.x", bytesOf("1"));
    await using today = await openBus(`nats://127.0.0.1:${server.port}`, { mesh, signal: never, log: silentLog });
    await today.publish("mesh.osm.v1.view.x", bytesOf("1"));
    await old.publish("mesh.osm.v1.older.x", bytesOf("2"));
    expect(await today.incarnation()).toBe(await old.incarnation());
  });

  test("has a person told that its stream is nearly full, once, and that it no longer is", async () => {
    const heard = hearingLog();
    const closed = new AbortController();
    const fills = [10, 79, 81, 90, 75, 69, 50];
    const stream = { name: "mesh-osm", subjects: [], maxBytes: 100, replicas: 1, tombstoneTtlMs: 1000 };
    const share = async (): Promise<{ readonly bytes: number; readonly maxBytes: number }> => {
      const bytes = fills.shift();
      if (bytes === undefined) closed.abort();
      return { bytes: bytes ?? 50, maxBytes: 100 };
    };
    await watchFill({ closed: closed.signal, name: stream.name, read: share, log: heard.log, everyMs: 1 });
    expect(heard.lines.map(({ level, fields }) => [level, fields["bytes"]])).toEqual([["error", 81], ["info", 69]]);
  });

  test("refuses a URL that is not one for it, and tells no secret of it", async () => {
    const opening = (url: string) => openBus(url, { mesh, signal: never, log: silentLog });
    await expect(opening("nats://me:hunter2@127.0.0.1")).rejects.toThrow(/^a bus URL holds no user and password: put them into files/);
    await expect(opening("nats://127.0.0.1?replica=3")).rejects.toThrow(/^a bus URL has no parameter "replica"/);
    await expect(opening("nats://127.0.0.1?maxBytes=1GB")).rejects.toThrow(/^maxBytes of a bus URL is a whole number/);
    await expect(opening("nats://127.0.0.1/osm")).rejects.toThrow(/^a bus URL is nats:/);
    await using server = await startNats((home) => openConfig(home));
    await using _bus = await opening(`nats://127.0.0.1:${server.port}?replicas=1&maxBytes=1000000`);
  });
});
