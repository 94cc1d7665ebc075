import { digestOf, viewId, type Digest, type ResourceRef, type View } from "@osm/model";
import { decodeJson, namesPart, refsPart, sentView } from "@osm/wire";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createListCutter, type SentList } from "../src/sent-lists.ts";

function viewWith(names: readonly string[]): View {
  const refs = names.map((name): ResourceRef => ({ name, digest: digestOf(name), needs: [name] }));
  const identity = { namespace: "shop", serviceAccount: "web" };
  return { id: viewId("a".repeat(32)), digest: digestOf(names.join()), identity, resources: { CDS: refs, ECDS: [], LDS: [], RDS: [], SDS: [] }, endpoints: names, doors: {} };
}

const named = (count: number) => Array.from({ length: count }, (_, at) => `shop/app-${`${at}`.padStart(5, "0")}|8080`);
const partsOf = (list: SentList<unknown>): readonly Digest[] => ("parts" in list ? list.parts : []);

test("a list that is cut is the list again when its parts are joined", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 700, size: "max" });
  fc.assert(fc.property(names, (all) => {
    const lists = createListCutter();
    const view = viewWith(all);
    const { resources, endpoints } = lists.sent(view);
    const blobs = lists.parts([view]);
    const bytes = (digest: Digest) => blobs.get(digest) ?? new Uint8Array();
    const refs = "parts" in resources.CDS ? resources.CDS.parts.flatMap((digest) => decodeJson(refsPart, bytes(digest))) : resources.CDS;
    const joined = "parts" in endpoints ? endpoints.parts.flatMap((digest) => decodeJson(namesPart, bytes(digest))) : endpoints;
    expect(refs).toEqual(view.resources.CDS);
    expect(joined).toEqual(all);
    for (const [digest, content] of blobs) expect(digestOf(content)).toBe(digest);
  }), { numRuns: 50 });
});

test("one name more or less makes a part other, or two: the rest are shared", () => {
  const names = named(3000);
  const [before, after] = [names, names.toSpliced(1234, 1)].map((all) => new Set(partsOf(createListCutter().sent(viewWith(all)).resources.CDS)));
  expect(before?.size).toBeGreaterThan(20);
  expect([...(after ?? [])].filter((digest) => !before?.has(digest)).length).toBeLessThanOrEqual(2);
});

test("views that differ only in what is their own share all parts of what they share", () => {
  const offered = named(200).map((name) => `rds-outbound.${name}`);
  const routes = (own: string) => ({ ...viewWith([]), resources: { ...viewWith([]).resources, RDS: [
    { name: "rds-inbound.8080", digest: digestOf(own), needs: [] }, ...viewWith(offered).resources.CDS,
  ] } });
  const [cart, mail] = [routes("cart"), routes("mail")].map((view) => partsOf(createListCutter().sent(view).resources.RDS));
  expect(cart?.length).toBeGreaterThan(2);
  expect(cart?.[0]).not.toBe(mail?.[0]);
  expect(cart?.slice(1)).toEqual(mail?.slice(1));
});

test("where a list is cut does not depend on the lists that were cut before it", () => {
  const names = fc.uniqueArray(fc.constantFrom(...named(400), "rds-inbound.80", "rds-inbound.81", "shop", "web"), { maxLength: 404, size: "max" });
  const shelf = new Map(viewWith([...named(400), "rds-inbound.80", "rds-inbound.81", "shop", "web"]).resources.CDS.map((ref) => [ref.name, ref]));
  const viewOf = (all: readonly string[]): View => ({ ...viewWith([]), resources: { ...viewWith([]).resources, CDS: all.toSorted().flatMap((name) => shelf.get(name) ?? []) } });
  fc.assert(fc.property(fc.array(names, { minLength: 2, maxLength: 5 }), (lists) => {
    const cutter = createListCutter();
    for (const all of lists) {
      const view = viewOf(all);
      expect(cutter.sent(view)).toEqual(createListCutter().sent(view));
      expect([...cutter.parts([view])]).toEqual([...createListCutter().parts([view])]);
    }
  }), { numRuns: 50 });
});

test("a stretch that lists have in common is encoded once", () => {
  const [lists, shared] = [createListCutter(), viewWith(named(200)).resources.CDS];
  const viewsOf = (own: string) => ({ ...viewWith([]), resources: { ...viewWith([]).resources, CDS: [{ name: "local", digest: digestOf(own), needs: [] }, ...shared] } });
  const [cart, mail] = [...["cart", "mail"].map((own) => [...lists.parts([viewsOf(own)]).values()])];
  expect(cart?.slice(1).length).toBeGreaterThan(2);
  cart?.slice(1).forEach((bytes, at) => expect(mail?.[at + 1]).toBe(bytes));
});

test("no part comes near what a payload holds, however the names fall", () => {
  const lists = createListCutter();
  const long = named(5000).map((name) => `${name}${"x".repeat(200)}`);
  const sizes = [...lists.parts([viewWith(long)]).values()].map((bytes) => bytes.length);
  expect(Math.max(...sizes)).toBeLessThan(500_000);
});

test("a view of 10,000 services travels in less than 100 KB, and is read as it was sent", () => {
  const view = { ...viewWith(named(10_000)), revision: 1, publisher: "compiler-0" };
  const bytes = new TextEncoder().encode(JSON.stringify({ ...view, ...createListCutter().sent(view) }));
  expect(bytes.length).toBeLessThan(100_000);
  expect(decodeJson(sentView, bytes).digest).toBe(view.digest);
});

test("a short list travels whole", () => {
  const view = viewWith(named(64));
  expect(createListCutter().sent(view).resources.CDS).toBe(view.resources.CDS);
  expect(createListCutter().parts([view]).size).toBe(0);
});
