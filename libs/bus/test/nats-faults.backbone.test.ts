import { manualClock, needs } from "@osm/testkit";
import { expect, test } from "vitest";
import { hearingLog } from "./heard.ts";
import { accounts, openPlace } from "./nats-place.ts";
import { openConfig, startNats, type NatsServer } from "./nats-server.ts";
import { bytesOf, openReader, shown, textOf } from "./reader.ts";

const root = "mesh.test.v1.view";
const [a, b, c] = [`${root}.a`, `${root}.b`, `${root}.c`];
const start = (): Promise<NatsServer> => startNats((home) => `${openConfig(home)}${accounts(1)}`);

needs("nats-server")("a NATS server", () => {
  test("that is killed and comes back on its disk has lost nothing, and readers see no more than what changed", async () => {
    await using server = await start();
    await using place = await openPlace(server, "t0");
    await place.bus.publish(a, bytesOf("1"));
    await using reader = openReader(place.bus, `${root}.*`);
    await reader.until("current");
    const before = await place.bus.incarnation();
    const log = hearingLog();
    await using _other = await openAnother(server, log);

    await server.kill();
    await log.hears("bus lost");
    await expect(place.bus.publish(b, bytesOf("1"))).rejects.toMatchObject({ code: "Unavailable" });
    await server.start();
    await log.hears("bus found again");
    await using fresh = await openPlace(server, "t0");
    expect(textOf((await fresh.bus.last(a))?.bytes)).toBe("1");
    expect(await fresh.bus.incarnation()).toBe(before);
    const seq = await fresh.bus.publish(b, bytesOf("2"), { expectedSeq: 0 });
    expect(await reader.next()).toMatchObject({ kind: "entry", entry: { subject: b, seq } });
  });

  test("that hangs is left: calls fail, watches wait, and all goes on when it is back", async () => {
    await using server = await start();
    const log = hearingLog();
    await using place = await openPlace(server, "t0", { log: log.log });
    await using reader = openReader(place.bus, `${root}.*`);
    await reader.until("current");
    await server.freeze();
    await expect(place.bus.publish(a, bytesOf("1"))).rejects.toMatchObject({ code: "Unavailable" });
    await log.hears("bus lost");
    await expect(place.bus.last(a)).rejects.toMatchObject({ code: "Unavailable" });
    server.thaw();
    await log.hears("bus found again");
    await place.bus.publish(b, bytesOf("2"));
    // The write that was not answered may have been done.
    const seen = [shown(await reader.next())];
    if (seen[0] === "a=1") seen.push(shown(await reader.next()));
    expect(seen.at(-1)).toBe("b=2");
  });

  test("feeds a reader that does not read with no more than it has room for", async () => {
    await using server = await start();
    await using place = await openPlace(server, "t0");
    const writer = await place.connect();
    await using reader = openReader(place.bus, `${root}.*`);
    await reader.until("current");
    const payload = new Uint8Array(20_000);
    let last = 0;
    for (let n = 0; n < 3000; n += 1) last = await writer.publish(`${root}.s${n % 300}`, payload);
    let events = 0;
    for (let seq = 0; seq < last; events += 1) {
      const entry = await reader.entry();
      expect(entry.seq).toBeGreaterThan(seq);
      seq = entry.seq;
    }
    // Each subject's newest, and what had been handed over by the time nobody read.
    expect(events).toBeLessThan(300 + 2 * 256 + 64);
  });

  test("that forgot tombstones while a reader was away has it told all anew", async () => {
    await using server = await start();
    const clock = manualClock();
    await using place = await openPlace(server, "t0", { clock, tombstoneTtlMs: 2000 });
    const writer = await place.connect();
    for (const subject of [a, b]) await writer.publish(subject, bytesOf("1"));
    await using reader = openReader(place.bus, `${root}.*`);
    await reader.until("current");
    await place.controls.line?.disconnect();
    await writer.publish(a, undefined);
    clock.advance(2000);
    await place.controls.line?.reconnect();
    const seen = await reader.until("current");
    expect(seen.filter((event) => shown(event) !== "a gone").map(shown)).toEqual(["reset", "b=1", "current"]);
    expect(seen[0]).toEqual({ kind: "reset", incarnation: await place.bus.incarnation() });
  });

  test("forgets a tombstone in the end, ours and its own alike", async () => {
    await using server = await start();
    await using place = await openPlace(server, "t0", { tombstoneTtlMs: 1000, clock: manualClock() });
    await using reader = openReader(place.bus, `${root}.*`);
    await reader.until("current");
    await place.bus.publish(a, bytesOf("1"), { ttlMs: 1000 });
    await place.bus.publish(b, undefined);
    await place.bus.publish(c, bytesOf("1"), { ttlMs: 3000 });
    const seen: string[] = [];
    while (seen.at(-1) !== "c gone") seen.push(shown(await reader.next()));
    // One tombstone each: the end of one is told by no other.
    expect(seen).toEqual(["a=1", "b gone", "c=1", "a gone", "c gone"]);
    expect(await place.bus.last(a)).toBeUndefined();
    expect(await place.bus.last(b)).toBeUndefined();
    expect(await place.bus.publish(b, bytesOf("2"), { expectedSeq: 0 })).toBeGreaterThan(0);
  });
});

/** Another connection, only to hear what becomes of the server. */
async function openAnother(server: NatsServer, { log }: ReturnType<typeof hearingLog>) {
  return openPlace(server, "t0", { log });
}
