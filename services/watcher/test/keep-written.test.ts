import { KubeError } from "@osm/kube";
import { silentLog } from "@osm/runtime";
import { expect, test } from "vitest";
import { createBell, keepWritten, type Wanted } from "../src/write-back/keep-written.ts";

function keeping() {
  const stop = new AbortController();
  const bell = createBell();
  const wrote: string[] = [];
  let arrival = Promise.withResolvers<void>();
  let wanted: readonly Wanted[] = [];
  const done = keepWritten({ wanted: () => wanted, bell, log: silentLog, signal: stop.signal });
  const object = (key: string, digest: string, { fails = 0, againMs = 1e6 } = {}): Wanted => ({
    key, digest, againMs,
    write: async () => {
      wrote.push(`${key}=${digest}`);
      arrival.resolve();
      if (wrote.filter((each) => each === `${key}=${digest}`).length <= fails) throw new KubeError("no room", { status: 503 });
    },
  });
  return {
    object,
    want: (...all: readonly Wanted[]) => {
      wanted = all;
      bell.ring();
    },
    until: async (count: number) => {
      while (wrote.length < count) {
        await arrival.promise;
        arrival = Promise.withResolvers();
      }
      return wrote;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await done;
    },
  };
}

test("what is wanted is written once, and again when it changes", async () => {
  await using kept = keeping();
  kept.want(kept.object("a", "1"), kept.object("b", "1"));
  expect(await kept.until(2)).toEqual(["a=1", "b=1"]);
  kept.want(kept.object("a", "1"), kept.object("b", "2"));
  expect(await kept.until(3)).toEqual(["a=1", "b=1", "b=2"]);
});
test("what was withdrawn and is wanted again is written again", async () => {
  await using kept = keeping();
  kept.want(kept.object("a", "1"));
  await kept.until(1);
  kept.want(kept.object("b", "1"));
  await kept.until(2);
  kept.want(kept.object("a", "1"));
  expect(await kept.until(3)).toEqual(["a=1", "b=1", "a=1"]);
});
test("a refusal is tried again, and keeps nothing else waiting", async () => {
  await using kept = keeping();
  kept.want(kept.object("a", "1", { fails: 1 }), kept.object("b", "1"));
  expect(await kept.until(3)).toEqual(["a=1", "b=1", "a=1"]);
});
test("an equal one is written again after its time", async () => {
  await using kept = keeping();
  kept.want(kept.object("a", "1", { againMs: 5 }));
  expect(await kept.until(2)).toEqual(["a=1", "a=1"]);
});
