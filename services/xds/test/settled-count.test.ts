import { digestOf } from "@osm/model";
import { expect, test } from "vitest";
import { listingOf } from "../src/listing.ts";
import { createSettledCount } from "../src/settled-count.ts";
import { createStreams, type Streams } from "../src/streams.ts";
import type { ProxyStream } from "../src/stream.ts";
import { createTrials } from "../src/trials.ts";
import { activate, newWorld, type ActiveView, type World } from "../src/world.ts";
import { nothingListed, proxyOf, viewIdOf } from "./mesh-said.ts";

const never = () => {
  throw new Error("not to be called");
};

/** A stream that says of itself what the test wants, and counts how often it is asked. */
function streamOf(uid: string, view: ActiveView) {
  const state = { isSettled: false, asked: 0, view };
  const stream: ProxyStream = {
    proxy: proxyOf(uid, "web"), peer: "", view: () => state.view, unansweredSince: () => undefined, end: never, hear: never, retarget: never, holds: () => [],
    become: (next) => {
      state.view = next;
    },
    present: never, identity: () => undefined, introduced: never,
    settled: () => {
      state.asked++;
      return state.isSettled;
    },
  };
  return { state, stream };
}
type Told = ReturnType<typeof streamOf>;

function viewOf(edition: string, clusters: readonly string[] = []): ActiveView {
  const CDS = listingOf(clusters.map((name) => ({ name, digest: digestOf(`${name} ${edition}`), needs: [] })));
  return activate({ id: viewIdOf("web"), digest: digestOf(edition), listed: { ...nothingListed, CDS }, endpoints: new Set(), revision: 1, publishers: ["compiler-0"] });
}

function streamsIn(world: World): Streams {
  const trials = createTrials({ now: () => 0, schedule: () => () => undefined, signal: new AbortController().signal, opened: () => undefined });
  return createStreams(world, trials);
}

function answered(streams: Streams, { state, stream }: Told): void {
  state.isSettled = true;
  streams.touched(stream);
}

test("a proxy counts once, and as settled when all of its streams are", () => {
  const [world, view] = [newWorld(), viewOf("first")];
  const streams = streamsIn(world);
  const [first, second, other] = [streamOf("a", view), streamOf("a", view), streamOf("b", view)];
  for (const { stream } of [first, second, other]) streams.add(stream);
  expect(streams.tally()).toEqual({ proxies: 2, settled: 0 });
  answered(streams, first);
  expect(streams.tally()).toEqual({ proxies: 2, settled: 0 });
  answered(streams, second);
  answered(streams, other);
  expect(streams.tally()).toEqual({ proxies: 2, settled: 2 });
  other.state.isSettled = false;
  streams.touched(other.stream);
  expect(streams.tally()).toEqual({ proxies: 2, settled: 1 });
  streams.remove(other.stream);
  expect(streams.tally()).toEqual({ proxies: 1, settled: 1 });
});

test("who waits for another's answer has not settled, and has when its view is served or gone", () => {
  const [world, before] = [newWorld(), viewOf("first")];
  const streams = streamsIn(world);
  world.views.set(before.payload.id, before);
  const told = streamOf("a", before);
  streams.add(told.stream);
  answered(streams, told);
  expect(streams.tally().settled).toBe(1);

  world.views.set(before.payload.id, viewOf("second"));
  streams.touched(told.stream);
  expect(streams.tally().settled).toBe(0);
  streams.viewChanged(before, viewOf("second"));
  world.views.delete(before.payload.id);
  streams.viewGone(told.state.view);
  expect(streams.tally().settled).toBe(1);
});

test("an answer costs a look at one proxy, however many are connected", () => {
  const view = viewOf("first");
  const all = Array.from({ length: 1000 }, (_, at) => streamOf(`uid-${at}`, view));
  const byUid = new Map(all.map(({ stream }) => [`${stream.proxy.uid}`, new Set([stream])]));
  const counting = createSettledCount({ ofProxy: (uid) => byUid.get(uid) ?? new Set(), proxies: () => all.length, isSettled: (stream) => stream.settled() });
  for (const { stream } of all) counting.touched(stream.proxy.uid);
  for (const { state, stream } of all) {
    state.isSettled = true;
    counting.touched(stream.proxy.uid);
    counting.count();
    counting.count();
  }
  expect(counting.count()).toEqual({ proxies: 1000, settled: 1000 });
  expect(all.reduce((looks, { state }) => looks + state.asked, 0)).toBeLessThan(3000);
});
