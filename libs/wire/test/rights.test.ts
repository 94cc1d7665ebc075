import { meshName } from "@osm/model";
import { expect, test } from "vitest";
import { rightsOf, services, streamOf, subjectsOf } from "../src/index.ts";

const mesh = meshName("osm");
const subjects = subjectsOf(mesh);
const rights = rightsOf(mesh);
const who = (right: "writes" | "answers", filter: string): readonly string[] => services.filter((service) => rights[service][right].includes(filter));

test("what decides over access is written by one service each", () => {
  expect(who("writes", subjects.facts)).toEqual(["watcher"]);
  expect(who("writes", subjects.views)).toEqual(["compiler"]);
  expect(who("writes", subjects.proxies)).toEqual(["compiler"]);
  expect(who("writes", subjects.trust)).toEqual(["ca"]);
  expect(who("answers", subjects.callCaSign)).toEqual(["ca"]);
});

test("the stream keeps every noun that anybody writes, and no request", () => {
  const { subjects: kept } = streamOf(mesh);
  const nouns = ["compiled", "endpoints", "fact", "finding", "member", "offering", "outcome", "progress", "proxy", "sync", "trust", "verdict", "view"];
  expect(kept).toEqual(nouns.map((noun) => `mesh.osm.v1.${noun}.>`));
});

test("no right reaches beyond its mesh", () => {
  for (const service of services) {
    const { writes, reads, asks, answers } = rights[service];
    for (const filter of [...writes, ...reads, ...asks, ...answers]) expect(filter).toMatch(/^mesh\.osm\.v1\.[a-z]+\./);
  }
});

test("the injector uses neither bus nor store", () => {
  expect(rights.injector).toEqual({ writes: [], reads: [], asks: [], answers: [], setsUp: false, blobs: "none" });
});
