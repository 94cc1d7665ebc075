import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { openArena } from "../src/side/arena.ts";
import { compileLoad, expectedOf } from "../src/side/compiled-load.ts";
import { findGo } from "../src/side/go-programs.ts";
import type { Load } from "../src/side/load.ts";
import { changed, proxiesOf } from "../src/side/load.ts";
import { changes, connect } from "../src/side/phases.ts";
import { quantile, summaryOf } from "../src/side/summary.ts";

const small: Load = { services: 9, endpoints: 3, mode: "permissive", proxies: 6 };

describe("a load", () => {
  test.each(["permissive", "smi"] as const)("%s: each change touches one resource, and each time another content", (mode) => {
    const load = { ...small, mode };
    const compiled = compileLoad(load);
    expect([compiled.touched("endpoint").type, compiled.touched("split").type]).toEqual(["EDS", "RDS"]);
    for (const kind of ["endpoint", "split"] as const) expect(compiled.after(kind, 0).digest).not.toBe(compiled.after(kind, 1).digest);
  });

  test("every proxy has a view", () => {
    const compiled = compileLoad(small);
    const pods = proxiesOf(small);
    expect(new Set(pods.map(({ uid }) => uid)).size).toBe(small.proxies);
    expect(pods.every(({ uid }) => expectedOf(compiled.listedFor(uid)).CDS >= small.services)).toBe(true);
    expect(changed(small, "endpoint", 0)).not.toEqual(changed(small, "endpoint", 1));
  });
});

test("what lies below a share", () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile([7], 0.5)]).toEqual([50, 99, 7]);
  expect(() => quantile([], 0.5)).toThrow("nothing was measured");
});

test("a row counts by push, all processes together and each", () => {
  const reach = { receivedMs: [1, 3], lastAckMs: 4, bytes: 600, resources: 2, clientCpuMs: 1, cpuMs: { compiler: 1, xds: 3 } };
  expect(summaryOf([reach, reach], 2)).toMatchObject({ "µs CPU a push": 2000, "µs compiler": 500, "bytes a proxy": 300, "resources a proxy": 1, "ms max": 3 });
});

// The load client and the peer are Go programs.
describe.skipIf(findGo() === undefined)(`side by side on ${availableParallelism()} processors`, () => {
  test("both serve everything once, and push what changed alone", async () => {
    await using arena = await openArena(small, { shapes: ["together"], peers: ["linear", "shared", "pernode"], nodeArgs: [] });
    const resources: number[] = [];
    for (const contestant of arena.contestants) {
      const { entrant, values } = await connect(arena, contestant);
      resources.push(values["resources a proxy"]);
      for (const kind of ["endpoint", "split"] as const) {
        const { reaches } = await changes(entrant, kind, 2);
        expect(reaches.map(({ receivedMs, ...reach }) => [receivedMs.length, reach.resources])).toEqual([[small.proxies, small.proxies], [small.proxies, small.proxies]]);
        expect(reaches.every(({ lastAckMs, receivedMs }) => lastAckMs >= Math.max(...receivedMs) && Math.min(...receivedMs) > 0)).toBe(true);
      }
    }
    expect(new Set(resources).size).toBe(1);
  }, 300_000);
});
