import { judge, noVerdicts } from "@osm/ads";
import { digestOf, viewId, type ResourceRef } from "@osm/model";
import { manualClock } from "@osm/testkit";
import { expect, test } from "vitest";
import { listingOf } from "../src/listing.ts";
import type { ProxyStream } from "../src/stream.ts";
import { createStreams } from "../src/streams.ts";
import { createSweeper } from "../src/sweep.ts";
import { createTrials } from "../src/trials.ts";
import { activate, newWorld, sealedCount, type ActiveView, type World } from "../src/world.ts";
import { nothingListed, proxyOf } from "./mesh-said.ts";

const id = viewId(digestOf("web").slice(0, 32));

const trials = createTrials({ ...manualClock(0), signal: new AbortController().signal, opened: () => undefined });

/** A view of one route in this edition, with all its bytes in the world. */
function viewIn(world: World, edition: number): ActiveView {
  const route: ResourceRef = { name: "route-cart", digest: digestOf(`edition ${edition}`), needs: ["cart"] };
  world.sealed.RDS.set(route.digest, { bytes: new Uint8Array(10), needs: route.needs });
  return activate({ id, digest: route.digest, listed: { ...nothingListed, RDS: listingOf([route]) }, endpoints: new Set([`service-${edition}`]), revision: edition, publishers: ["compiler-0"] });
}

function holding(view: ActiveView): ProxyStream {
  const never = () => {
    throw new Error("not to be called");
  };
  return {
    proxy: proxyOf("web", "web"), peer: "", view: () => view, unansweredSince: () => undefined, end: never,
    hear: never, retarget: never, holds: () => [], become: never, present: never, identity: () => undefined, settled: () => true, introduced: never,
  };
}

test("after a thousand changes little more is kept than what is in use", () => {
  const world = newWorld();
  const streams = createStreams(world, trials);
  const sweep = createSweeper(world, streams);
  const [held, largest] = [viewIn(world, 0), { sealed: 0, assignments: 0 }];
  streams.add(holding(held));
  for (let edition = 1; edition <= 1000; edition++) {
    world.assignments.set(`service-${edition - 1}`, { version: "1", bytes: new Uint8Array() });
    world.withdrawn.add(`service-${edition - 1}`);
    world.views.set(id, viewIn(world, edition));
    sweep();
    largest.sealed = Math.max(largest.sealed, sealedCount(world));
    largest.assignments = Math.max(largest.assignments, world.assignments.size);
  }
  expect(largest.sealed).toBeLessThanOrEqual(256);
  expect(largest.assignments).toBeLessThanOrEqual(256);

  const isKept = (edition: number) => world.sealed.RDS.has(digestOf(`edition ${edition}`));
  expect([0, 1, 500, 1000].map(isKept)).toEqual([true, false, false, true]);
  expect(["service-0", "service-1"].map((name) => world.assignments.has(name))).toEqual([true, false]);
});

test("an assignment that is ahead of the view that will list it stays", () => {
  const world = newWorld();
  const sweep = createSweeper(world, createStreams(world, trials));
  world.assignments.set("early", { version: "1", bytes: new Uint8Array() });
  for (let edition = 1; edition <= 1000; edition++) {
    world.views.set(id, viewIn(world, edition));
    sweep();
  }
  expect(world.assignments.has("early")).toBe(true);
});

test("what is known to be sound stays, since it may have to stand in", () => {
  const world = newWorld();
  const sweep = createSweeper(world, createStreams(world, trials));
  const sound = viewIn(world, 0).payload.digest;
  world.verdicts.set(id, judge(noVerdicts, { kind: "accepted", type: "RDS", name: "route-cart", version: sound }));
  for (let edition = 1; edition <= 1000; edition++) {
    world.views.set(id, viewIn(world, edition));
    sweep();
  }
  expect(world.sealed.RDS.has(sound)).toBe(true);
  expect(sealedCount(world)).toBeLessThanOrEqual(256);
});
