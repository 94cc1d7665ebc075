import { digestOf, offeringId, type Digest, type Offering, type ResourceRef } from "@osm/model";
import { decodeJson, namesPart, refsPart, sentOffering } from "@osm/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createListCutter, type ListCutter, type SentList } from "../src/sent-lists.ts";

function offeringOf(names: readonly string[]): Offering {
  const refs = names.map((name): ResourceRef => ({ name, digest: digestOf(name), needs: [name] }));
  return { id: offeringId("a".repeat(32)), digest: digestOf(names.join()), resources: { CDS: refs, ECDS: [], LDS: [], RDS: [], SDS: [] }, endpoints: names };
}

function sentBy(lists: ListCutter, offering: Offering) {
  return { resources: lists.sentRefs(offering), endpoints: lists.sentNames(offering) };
}

const named = (count: number) => Array.from({ length: count }, (_, at) => `shop/app-${`${at}`.padStart(5, "0")}|8080`);
const partsOf = (list: SentList<unknown>): readonly Digest[] => ("parts" in list ? list.parts : []);

test("a list that is cut is the list again when its parts are joined", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 700, size: "max" });
  fc.assert(fc.property(names, (all) => {
    const lists = createListCutter();
    const offering = offeringOf(all);
    const { resources, endpoints } = sentBy(lists, offering);
    const blobs = lists.parts([], [offering]);
    const bytes = (digest: Digest) => blobs.get(digest) ?? new Uint8Array();
    const refs = "parts" in resources.CDS ? resources.CDS.parts.flatMap((digest) => decodeJson(refsPart, bytes(digest))) : resources.CDS;
    const joined = "parts" in endpoints ? endpoints.parts.flatMap((digest) => decodeJson(namesPart, bytes(digest))) : endpoints;
    expect(refs).toEqual(offering.resources.CDS);
    expect(joined).toEqual(all);
    for (const [digest, content] of blobs) expect(digestOf(content)).toBe(digest);
  }), { numRuns: 50 });
});

test("one name more or less makes a part other, or two: the rest are shared", () => {
  const names = named(3000);
  const [before, after] = [names, names.toSpliced(1234, 1)].map((all) => new Set(partsOf(createListCutter().sentRefs(offeringOf(all)).CDS)));
  expect(before?.size).toBeGreaterThan(20);
  expect([...(after ?? [])].filter((digest) => !before?.has(digest)).length).toBeLessThanOrEqual(2);
});

test("where a list is cut does not depend on the lists that were cut before it", () => {
  const names = fc.uniqueArray(fc.constantFrom(...named(400)), { maxLength: 400, size: "max" });
  const shelf = new Map(offeringOf(named(400)).resources.CDS.map((ref) => [ref.name, ref]));
  const offered = (all: readonly string[]): Offering => ({ ...offeringOf([]), resources: { ...offeringOf([]).resources, CDS: all.toSorted().flatMap((name) => shelf.get(name) ?? []) } });
  fc.assert(fc.property(fc.array(names, { minLength: 2, maxLength: 5 }), (lists) => {
    const cutter = createListCutter();
    for (const all of lists) {
      const offering = offered(all);
      expect(sentBy(cutter, offering)).toEqual(sentBy(createListCutter(), offering));
      expect([...cutter.parts([], [offering])]).toEqual([...createListCutter().parts([], [offering])]);
    }
  }), { numRuns: 50 });
});

test("a stretch that lists have in common is encoded once", () => {
  const [lists, shared] = [createListCutter(), offeringOf(named(200)).resources.CDS];
  const refsOf = (first: string) => ({ ...offeringOf([]), resources: { ...offeringOf([]).resources, CDS: [{ name: "shop/aaa|8080", digest: digestOf(first), needs: [] }, ...shared] } });
  const [few, more] = [...["few", "more"].map((first) => [...lists.parts([], [refsOf(first)]).values()])];
  expect(few?.slice(1).length).toBeGreaterThan(2);
  few?.slice(1).forEach((bytes, at) => expect(more?.[at + 1]).toBe(bytes));
});

test("no part comes near what a payload holds, however the names fall", () => {
  const lists = createListCutter();
  const long = named(5000).map((name) => `${name}${"x".repeat(200)}`);
  const sizes = [...lists.parts([], [offeringOf(long)]).values()].map((bytes) => bytes.length);
  expect(Math.max(...sizes)).toBeLessThan(500_000);
});

test("an offering of 10,000 services travels in less than 100 KB, and is read as it was sent", () => {
  const offering = { ...offeringOf(named(10_000)), revision: 1, publisher: "compiler-0" };
  const bytes = new TextEncoder().encode(JSON.stringify({ ...offering, ...sentBy(createListCutter(), offering) }));
  expect(bytes.length).toBeLessThan(100_000);
  expect(decodeJson(sentOffering, bytes).digest).toBe(offering.digest);
});

test("a short list travels whole", () => {
  const offering = offeringOf(named(64));
  expect(createListCutter().sentRefs(offering).CDS).toBe(offering.resources.CDS);
  expect(createListCutter().parts([], [offering]).size).toBe(0);
});
