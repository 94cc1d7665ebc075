import { readFile } from "node:fs/promises";
import { nodeArguments } from "@osm/runtime";
import { needs } from "@osm/testkit";
import { expect, test } from "vitest";
import { openArena } from "../src/side/arena.ts";
import { findGo } from "../src/side/go-programs.ts";
import type { Load } from "../src/side/load.ts";
import { changes, connect } from "../src/side/phases.ts";
import { summaryOf } from "../src/side/summary.ts";

const load: Load = { services: 9, endpoints: 3, mode: "permissive", proxies: 6 };
const processes = ["ca", "compiler", "xds", "nats", "redis"];

needs("nats-server", "redis-server")("our services as processes of their own", () => {
  // The load client is a Go program.
  test.skipIf(findGo() === undefined)("serve what changed, and are counted one by one", async () => {
    await using arena = await openArena(load, { shapes: ["apart"], peers: [], nodeArgs: [] });
    for (const contestant of arena.contestants) {
      expect(Object.keys(contestant.pids)).toEqual(processes);
      for (const service of ["ca", "compiler", "xds"]) expect((await readFile(`/proc/${contestant.pids[service]}/cmdline`, "utf8")).split("\0")).toEqual(expect.arrayContaining([...nodeArguments]));
      const { entrant, values } = await connect(arena, contestant);
      expect(Object.keys(values)).toEqual(expect.arrayContaining(processes.flatMap((name) => [`ms CPU ${name}`, `MB ${name}`])));
      for (const kind of ["endpoint", "split"] as const) {
        const summary = summaryOf((await changes(entrant, kind, 2)).reaches, load.proxies);
        expect(summary["resources a proxy"]).toBe(1);
        expect(Object.keys(summary)).toEqual(expect.arrayContaining(processes.map((name) => `µs ${name}`)));
      }
    }
  }, 300_000);
});
