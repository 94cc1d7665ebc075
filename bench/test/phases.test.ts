import { describe, expect, test } from "vitest";
import type { Row } from "../src/report.ts";
import { openArena } from "../src/side/arena.ts";
import { findGo } from "../src/side/go-programs.ts";
import type { Load } from "../src/side/load.ts";
import { reconnects, slowReaders, storms } from "../src/side/phases.ts";

const load: Load = { services: 9, endpoints: 3, mode: "permissive", proxies: 10 };
const place = { bench: "test", load };

// The load client and the peer are Go programs.
describe.skipIf(findGo() === undefined)("phases", () => {
  test("who comes back is sent what changed meanwhile, and nothing else, by ours", async () => {
    await using arena = await openArena(load, { shapes: ["together"], peers: [], nodeArgs: [] });
    for await (const { values } of reconnects(place, arena)) expect(values["resources a proxy"]).toBe(1);
  }, 300_000);

  test("slow readers are left out of what is measured, and have caught up before it goes on without them", async () => {
    await using arena = await openArena(load, { shapes: ["together"], peers: ["linear"], nodeArgs: [] });
    const rows = await all(slowReaders(place, arena));
    expect(rows.map(({ values }) => Object.keys(values))).toEqual([1, 2].map(() => ["ms p99 of the others", "ms p99 without", "times"]));
    const again = await all(storms(place, arena));
    expect(new Set(again.map(({ values }) => values["resources a proxy"])).size).toBe(1);
  }, 300_000);
});

async function all(rows: AsyncIterable<Row>): Promise<readonly Row[]> {
  const list: Row[] = [];
  for await (const row of rows) list.push(row);
  return list;
}
