import { BusError, type Bus } from "@osm/bus";
import { createMetrics } from "@osm/runtime";
import { decodeJson, originIn, trustPayload } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { keptTracer } from "../../../libs/runtime/test/kept-tracer.ts";
import { benchWith, keptLog, root, runningCa, subjects, trustDomain, trustEvent } from "./running-ca.ts";

const expected = { trustDomain, roots: [root.certPem], issuer: root.issuer };

describe("the trust bundle", () => {
  test("stands once the CA is ready", async () => {
    const bench = benchWith();
    await using ca = await runningCa(bench);
    await ca.ready;
    const entry = await bench.bus.last(subjects.trust);
    expect(decodeJson(trustPayload, entry?.bytes ?? new Uint8Array())).toEqual(expected);
  });
  test("is the same after a restart, and not written again", async () => {
    const bench = benchWith();
    const first = await runningCa(bench);
    await first.ready;
    const before = await bench.bus.last(subjects.trust);
    await first[Symbol.asyncDispose]();
    await using second = await runningCa(bench);
    await second.ready;
    expect(await bench.bus.last(subjects.trust)).toEqual(before);
  });
  test("is one for two replicas that start at once", async () => {
    const bench = benchWith();
    await using one = await runningCa(bench);
    await using two = await runningCa({ ...bench, bus: bench.bus.connect() });
    await Promise.all([one.ready, two.ready]);
    expect((await bench.bus.last(subjects.trust))?.seq).toBe(1);
  });
  test("is said again on a stream that was lost", async () => {
    const bench = benchWith();
    await using ca = await runningCa(bench);
    await ca.ready;
    bench.bus.loseDisk();
    const event = await trustEvent(bench.bus, ({ kind }) => kind === "entry");
    expect(event).toMatchObject({ entry: { seq: 1 } });
    expect(decodeJson(trustPayload, (await bench.bus.last(subjects.trust))?.bytes ?? new Uint8Array())).toEqual(expected);
  });
  test("is said again when it was withdrawn", async () => {
    const bench = benchWith();
    await using ca = await runningCa(bench);
    await ca.ready;
    const withdrawn = await bench.bus.publish(subjects.trust, undefined);
    const event = await trustEvent(bench.bus, (seen) => seen.kind === "entry" && seen.entry.bytes !== undefined && seen.entry.seq > withdrawn);
    expect(event.kind).toBe("entry");
  });
  test("of another CA is noted, and not fought over", async () => {
    const noted = Promise.withResolvers<void>();
    const { log } = keptLog(({ message }) => {
      if (message === "another trust bundle stands") noted.resolve();
    });
    const bench = benchWith({ log });
    await using ca = await runningCa(bench);
    await ca.ready;
    const theirs = await bench.bus.publish(subjects.trust, Buffer.from("{}"));
    await noted.promise;
    // Ends only after what the CA would have done about it.
    await ca[Symbol.asyncDispose]();
    expect((await bench.bus.last(subjects.trust))?.seq).toBe(theirs);
  });
  test("waits for a bus that cannot be reached", async () => {
    const failed = Promise.withResolvers<void>();
    const { log } = keptLog(({ message }) => {
      if (message === "trust bundle not written yet") failed.resolve();
    });
    const bench = benchWith({ log });
    let isAway = true;
    const publish: Bus["publish"] = async (...args) => {
      if (isAway) throw new BusError("Unavailable", "the bus cannot be reached");
      return bench.bus.publish(...args);
    };
    await using ca = await runningCa({ ...bench, bus: { ...bench.bus, publish } });
    await failed.promise;
    expect(await bench.bus.last(subjects.trust)).toBeUndefined();
    isAway = false;
    bench.clock.advance(100);
    await ca.ready;
    expect(await bench.bus.last(subjects.trust)).toBeDefined();
  });
});

describe("another root", () => {
  const saidWith = async (before: Uint8Array | undefined) => {
    const { tracer, spans } = keptTracer();
    const bench = benchWith();
    if (before) await bench.bus.publish(subjects.trust, before);
    await using ca = await runningCa(bench, { tracer });
    await ca.ready;
    return { spans, headers: (await bench.bus.last(subjects.trust))?.headers };
  };
  test("that replaces one is a change, and begins a trace that its readers go on with", async () => {
    const { spans, headers } = await saidWith(Buffer.from("{}"));
    expect(spans).toMatchObject([{ name: "ca.trust", parent: undefined }]);
    expect(originIn(headers ?? {})?.trace).toContain(spans[0]?.id);
  });
  test("is none where there was no root before", async () => {
    expect(await saidWith(undefined)).toEqual({ spans: [], headers: {} });
  });
  test("that is said by another CA raises a flag", async () => {
    const noted = Promise.withResolvers<void>();
    const { log } = keptLog(({ message }) => {
      if (message === "another trust bundle stands") noted.resolve();
    });
    const metrics = createMetrics();
    const bench = benchWith({ log });
    await using ca = await runningCa(bench, { metrics });
    await ca.ready;
    expect(metrics.text()).toContain("mesh_trust_bundle_differs 0\n");
    await bench.bus.publish(subjects.trust, Buffer.from("{}"));
    await noted.promise;
    expect(metrics.text()).toContain("mesh_trust_bundle_differs 1\n");
  });
});

test("a CA that ends before it is ready says so", async () => {
  const bench = benchWith();
  const stop = new AbortController();
  stop.abort(new DOMException("stopped", "AbortError"));
  const ca = await runningCa(bench, { signal: stop.signal });
  await expect(ca.ready).rejects.toThrow("stopped");
  await ca.done;
});
