import { adsServices } from "@osm/ads";
import { expect, test } from "vitest";
import { createFirstSync } from "../src/first-sync.ts";
import type { EndTurn, Turnstile } from "../src/turnstile.ts";

const [service] = adsServices;

/** A turnstile that lets in when the test says so, and counts. */
function turnstile() {
  const given: PromiseWithResolvers<EndTurn | undefined>[] = [];
  const counts = { entered: 0, ended: 0 };
  const turns: Turnstile = {
    enter: () => {
      counts.entered++;
      const turn = Promise.withResolvers<EndTurn | undefined>();
      given.push(turn);
      return turn.promise;
    },
    waiting: () => given.length,
  };
  return { turns, counts, letIn: () => given.shift()?.resolve(() => counts.ended++) };
}

function syncOf(turns: Turnstile) {
  const heard: string[] = [];
  const resumed = Promise.withResolvers<void>();
  const sync = createFirstSync({
    turns, uid: "web", service: service ?? expect.fail("no service"), signal: new AbortController().signal,
    pause: () => undefined, resume: resumed.resolve, hear: (bytes) => heard.push(bytes.toString()), tooBusy: () => expect.fail("sent away"),
  });
  return { sync, heard, resumed: resumed.promise };
}

test("what comes in one go takes one turn, and is heard in its order when that has come", async () => {
  const { turns, counts, letIn } = turnstile();
  const { sync, heard, resumed } = syncOf(turns);
  for (const word of ["first", "second", "third"]) sync.hear(Buffer.from(word));
  expect([counts.entered, sync.waits(), heard]).toEqual([1, true, []]);
  letIn();
  await resumed;
  sync.hear(Buffer.from("fourth"));
  expect([counts.entered, sync.waits(), heard]).toEqual([1, false, ["first", "second", "third", "fourth"]]);
});

test("a turn ends with the first settled answer for routes or listeners, or where a proxy shows what it holds", async () => {
  const { turns, counts, letIn } = turnstile();
  const [fresh, back] = [syncOf(turns), syncOf(turns)];
  for (const { sync } of [fresh, back]) sync.hear(Buffer.from("first"));
  letIn();
  letIn();
  await Promise.all([fresh.resumed, back.resumed]);
  fresh.sync.answered({ type: "CDS", put: [], guilty: [], error: undefined }, true);
  fresh.sync.answered({ type: "LDS", put: [], guilty: [], error: undefined }, false);
  fresh.sync.asked({ type: "CDS", subscribe: [], unsubscribe: [], initial: new Map() });
  expect(counts.ended).toBe(0);
  fresh.sync.answered({ type: "RDS", put: [], guilty: [], error: undefined }, true);
  back.sync.asked({ type: "CDS", subscribe: [], unsubscribe: [], initial: new Map([["cart", "1"]]) });
  expect(counts.ended).toBe(2);
});
