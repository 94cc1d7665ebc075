import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fleet } from "./fleet.ts";
import { openFleet } from "./fleet.ts";

const size = 4;
const proxies = Array.from({ length: size }, (_, index) => index);

/** Plays on until nothing is under way and nothing is held. */
function rest(fleet: Fleet): void {
  for (let turns = 0; turns < 1000; turns += 1) {
    if (!proxies.map((proxy) => fleet.deliver(proxy)).includes(true) && !fleet.wait()) return;
  }
  throw new Error("does not come to rest");
}

const versions = fc.constantFrom("v1", "v2", "v3", "bad1", "bad2");
/** A version belongs to its name, as a digest does. */
const targets = fc.dictionary(fc.constantFrom("a", "b", "c"), versions, { maxKeys: 3 }).map((target) =>
  Object.fromEntries(Object.entries(target).map(([name, version]) => [name, `${version}.${name}`])),
);

type Act = { readonly kind: "deliver"; readonly proxy: number } | { readonly kind: "wait" } | { readonly kind: "move"; readonly target: Record<string, string>; readonly isRevocation: boolean };

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.nat(size - 1).map((proxy): Act => ({ kind: "deliver", proxy })) },
    { weight: 1, arbitrary: fc.constant<Act>({ kind: "wait" }) },
    { weight: 3, arbitrary: fc.tuple(targets, fc.boolean()).map(([target, isRevocation]): Act => ({ kind: "move", target, isRevocation })) },
  ),
  { maxLength: 40, size: "max" },
);

function act(fleet: Fleet, each: Act): void {
  switch (each.kind) {
    case "deliver":
      fleet.deliver(each.proxy);
      return;
    case "wait":
      fleet.wait();
      return;
    case "move":
      fleet.move(each.target, each.isRevocation);
  }
}

test("in the end every proxy has the target, or the last good version of what was rejected, which nobody was sent after its verdict", () => {
  fc.assert(
    fc.property(acts, targets, (script, last) => {
      const fleet = openFleet(size);
      for (const each of script) act(fleet, each);
      fleet.move(last, false);
      rest(fleet);
      expect(fleet.wrongs).toEqual([]);
      for (const [name, version] of Object.entries(last)) {
        const served = fleet.served(name);
        if (version.startsWith("v")) expect(served).toBe(version);
        else expect(served).not.toBe(version);
        for (const proxy of proxies) if (served !== "pending") expect(fleet.held(proxy)[name]).toBe(served);
      }
    }),
    { numRuns: 800 },
  );
});

test("a version that Envoy rejects reaches one proxy of the fleet when that one answers in time", () => {
  const fleet = openFleet(size);
  fleet.move({ a: "v1.a", b: "v1.b" }, false);
  rest(fleet);
  fleet.move({ a: "bad1.a", b: "v2.b" }, false);
  while (proxies.map((proxy) => fleet.deliver(proxy)).includes(true));
  expect([fleet.reach("bad1.a"), fleet.reach("v2.b")]).toEqual([1, size]);
  expect(proxies.map((proxy) => fleet.held(proxy))).toEqual(proxies.map(() => ({ a: "v1.a", b: "v2.b" })));
});

test("a revocation reaches all at once", () => {
  const fleet = openFleet(size);
  fleet.move({ a: "v1.a" }, false);
  rest(fleet);
  fleet.move({ a: "v2.a" }, true);
  expect(fleet.reach("v2.a")).toBe(size);
});
