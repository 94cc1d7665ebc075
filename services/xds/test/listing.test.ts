import { digestOf, type ResourceRef } from "@osm/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { differences } from "../src/differences.ts";
import { listingOf, listPart, movedBetween, namesOf, refIn, type Listing, type ListPart } from "../src/listing.ts";
import { heldBack } from "../src/held-back.ts";
import { activate, newWorld, type ActiveView } from "../src/world.ts";
import { nothingListed, viewIdOf } from "./mesh-said.ts";

const refOf = (name: string, edition: string): ResourceRef => ({ name, digest: digestOf(`${name} ${edition}`), needs: [] });
const names = ["cart", "desk", "fair", "mail", "rds-inbound.80"];

function viewOf(RDS: Listing): ActiveView {
  return activate({ id: viewIdOf("web"), digest: digestOf("web"), listed: { ...nothingListed, RDS }, endpoints: new Set(), revision: 1, publishers: ["compiler-0"] });
}

/** A list cut anywhere, some of its parts being those of another one. */
const editions = fc.array(fc.constantFrom("absent", "first", "second"), { minLength: names.length, maxLength: names.length });
const cuts = fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length });
const shelf = new Map<string, ListPart>();
function shelved(refs: readonly ResourceRef[]): ListPart {
  const part = shelf.get(JSON.stringify(refs)) ?? listPart(refs);
  shelf.set(JSON.stringify(refs), part);
  return part;
}
const listing = fc.tuple(editions, cuts).map(([edition, cut]): Listing => {
  const parts: ResourceRef[][] = [[]];
  names.forEach((name, at) => {
    if (cut[at]) parts.push([]);
    if (edition[at] !== "absent") parts.at(-1)?.push(refOf(name, edition[at] ?? ""));
  });
  return { parts: parts.map(shelved) };
});

test("what moved is what differs name by name, however lists are cut", () => {
  fc.assert(
    fc.property(listing, listing, (before, after) => {
      const moved = movedBetween(before, after);
      const digests = (name: string) => [refIn(before, name)?.digest, refIn(after, name)?.digest];
      expect(moved.map(({ name }) => name).toSorted()).toEqual(names.filter((name) => digests(name)[0] !== digests(name)[1]));
      for (const each of moved) expect([each.before?.digest, each.after?.digest]).toEqual(digests(each.name));
    }),
  );
});

test("a view that waits has what may revoke as it is, and the rest as it was", () => {
  fc.assert(
    fc.property(listing, listing, (before, after) => {
      const held = heldBack(viewOf(before), viewOf(after)).listed.RDS;
      const expected = names.map((name) => refIn(name.startsWith("rds-inbound.") ? after : before, name)?.digest);
      expect(names.map((name) => refIn(held, name)?.digest)).toEqual(expected);
      expect([...namesOf(held)].length).toBe(expected.filter((digest) => digest !== undefined).length);
    }),
  );
});

test("views that differ alike are compared once, and what they share stays shared in views that wait", () => {
  const others = Array.from({ length: 20 }, (_, at) => refOf(`mail-${at}`, "first"));
  const [old, now] = [listPart([refOf("cart", "first"), ...others]), listPart([refOf("cart", "second"), ...others])];
  const own = (edition: string) => listPart([refOf("rds-inbound.80", edition)]);
  const [web, desk] = [own("web"), own("desk")];
  const [first, second] = [movedBetween({ parts: [web, old] }, { parts: [web, now] }), movedBetween({ parts: [desk, old] }, { parts: [desk, now] })];
  expect(first.map(({ name }) => name)).toEqual(["cart"]);
  expect(second).toBe(first);
  expect(heldBack(viewOf({ parts: [web, old] }), viewOf({ parts: [web, now] })).listed.RDS.parts).toEqual([old, web]);
});

test("a proxy is told of names that moved, and of those that something stands in for", () => {
  const [world, first] = [newWorld(), viewOf(listingOf([refOf("cart", "first"), refOf("mail", "first")]))];
  expect(differences(world, first, { ...first })).toEqual([]);
  expect(differences(world, first, { ...first, instead: new Map([["RDS/cart", "older"]]) })).toEqual([{ type: "RDS", name: "cart", from: digestOf("cart first") }]);
  expect(differences(world, { ...first, instead: new Map([["RDS/cart", "older"]]) }, first)).toEqual([{ type: "RDS", name: "cart", from: "older" }]);
  const second = viewOf(listingOf([refOf("cart", "second")]));
  expect(differences(world, first, second)).toEqual(["cart", "mail"].map((name) => ({ type: "RDS", name, from: digestOf(`${name} first`) })));
  expect(differences(world, undefined, second)).toEqual([{ type: "RDS", name: "cart", from: "absent" }]);
});
