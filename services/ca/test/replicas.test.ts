import { BusError, type Bus, type MemoryBus } from "@osm/bus";
import { createCsr, generateKeyPair, readCertificate } from "@osm/pki";
import { createMetrics } from "@osm/runtime";
import { manualClock } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { createReplicaLimits } from "../src/replica-limits.ts";
import { ask, benchWith, keptLog, runningCa, subjects, today, type Bench } from "./running-ca.ts";

const identity = { namespace: "bookbuyer", serviceAccount: "bookbuyer" };
const csr = createCsr(await generateKeyPair());
const serialOf = (chain: string) => readCertificate(chain).serial;

/** A CA on a connection of its own, whose audit tells what it has issued. */
async function replica(bench: Bench, bus: Bus = bench.bus.connect()) {
  const { log, lines } = keptLog();
  const ca = await runningCa({ ...bench, log }, { bus });
  await ca.ready;
  return { ca, serials: () => lines.filter(({ message }) => message === "certificate issued").map(({ fields }) => fields["serial"]) };
}

/** A connection whose answers wait at a gate once they are made. */
function held(bus: MemoryBus) {
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const respond: Bus["respond"] = (subject, answer) =>
    bus.respond(subject, async (...asked) => {
      const answered = await answer(...asked);
      arrived.resolve();
      await gate.promise;
      return answered;
    });
  return { bus: { ...bus, respond }, arrived: arrived.promise, open: gate.resolve };
}

describe("two CAs with one root", () => {
  test("share the requests, and issue as one", async () => {
    const bench = benchWith();
    const [one, two] = [await replica(bench), await replica(bench)];
    const replies = [];
    for (let count = 0; count < 6; count += 1) replies.push(await ask(bench.bus, { identity, csr }));
    expect(new Set(replies.map(({ issuer }) => issuer)).size).toBe(1);
    expect([one.serials().length, two.serials().length]).toEqual([3, 3]);
    expect(new Set(replies.map(({ chain }) => serialOf(chain)))).toEqual(new Set([...one.serials(), ...two.serials()]));
  });

  test("one is killed with a request in its hands: the asker waits its time, asks again, and has its leaf from the other", async () => {
    const bench = benchWith();
    const line = bench.bus.connect();
    const dying = held(line);
    const first = await replica(bench, dying.bus);
    const second = await replica(bench);
    const asked = ask(bench.bus, { identity, csr }).catch((error: unknown) => error);
    await dying.arrived;
    line.disconnect();
    dying.open();
    bench.clock.advance(5000);
    expect(await asked).toMatchObject({ name: "BusError", code: "Timeout" });

    const { chain } = await ask(bench.bus, { identity, csr });
    expect(second.serials()).toEqual([serialOf(chain)]);
    expect(first.serials()).not.toContain(serialOf(chain));
  });

  test("one is stopped with a request in its hands: it answers first, and is asked no more", async () => {
    const bench = benchWith();
    const leaving = held(bench.bus.connect());
    const first = await replica(bench, leaving.bus);
    const second = await replica(bench);
    const asked = ask(bench.bus, { identity, csr });
    await leaving.arrived;
    const ended = first.ca[Symbol.asyncDispose]();
    const other = await ask(bench.bus, { identity, csr });
    leaving.open();
    await ended;
    expect(first.serials()).toEqual([serialOf((await asked).chain)]);
    expect(second.serials()).toEqual([serialOf(other.chain)]);
  });

  test("are both gone: the asker learns it at once, and is served when one is back", async () => {
    const bench = benchWith();
    for (const { ca } of [await replica(bench), await replica(bench)]) await ca[Symbol.asyncDispose]();
    const refused = await ask(bench.bus, { identity, csr }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BusError);
    expect(refused).toMatchObject({ code: "NoResponder" });
    const { serials } = await replica(bench);
    const { chain } = await ask(bench.bus, { identity, csr });
    expect(serials()).toEqual([serialOf(chain)]);
  });

  test("write the bundle once, though one of them was cut off while both began", async () => {
    const bench = benchWith();
    const cut = bench.bus.connect();
    cut.disconnect();
    await replica(bench);
    cut.reconnect();
    await replica(bench, cut);
    expect((await bench.bus.last(subjects.trust))?.seq).toBe(1);
  });
});

describe("a replica that asks for more than its share", () => {
  const rate = { perSecond: 1, burst: 2 };

  test("is refused until time has passed, and takes nothing from the others", async () => {
    const { log, lines } = keptLog();
    const bench = benchWith({ log });
    const metrics = createMetrics();
    await using ca = await runningCa(bench, { rate, metrics });
    await ca.ready;
    const flood = async () => ask(bench.bus, { identity, csr, replica: "xds-0" });
    await flood();
    await flood();
    for (let count = 0; count < 3; count += 1) {
      await expect(flood()).rejects.toMatchObject({ code: "Refused", message: expect.stringContaining("more certificates than its share") });
    }
    await ask(bench.bus, { identity, csr, replica: "xds-1" });
    const said = lines.filter(({ message }) => message.startsWith("replica asks for more"));
    expect(said).toEqual([{ level: "warn", message: expect.any(String), fields: { replica: "xds-0" } }]);
    expect(metrics.text()).toContain('mesh_certificates_total{result="limited"} 3\n');

    bench.clock.advance(1000);
    await flood();
    expect(metrics.text()).toContain('mesh_certificates_total{result="issued"} 4\n');
    expect(metrics.text()).toContain("osm_cert_issued_count 4\n");
  });

  test("is told apart by its name alone: names made up share what is left", () => {
    const clock = manualClock(today);
    const limits = createReplicaLimits(rate, clock);
    const given = (count: number) => Array.from({ length: count }, (_each, index) => limits.ask(`made-up-${index}`)).filter((leave) => leave === "given").length;
    expect(given(300)).toBe(256 + rate.burst);
    // A share that is whole again makes room.
    clock.advance(2000);
    expect(limits.ask("xds-7")).toBe("given");
  });

  test("may be one whose requests cannot be read: their refusals are limited too", async () => {
    const { log, lines } = keptLog();
    const bench = benchWith({ log });
    await using ca = await runningCa(bench, { rate });
    await ca.ready;
    for (let count = 0; count < 5; count += 1) {
      await expect(bench.bus.request(subjects.callCaSign, Buffer.from("{"), { timeoutMs: 5000 })).rejects.toMatchObject({ code: "Refused" });
    }
    expect(lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([
      "certificate refused", "certificate refused", "replica asks for more certificates than its share, refused for now",
    ]);
  });
});
