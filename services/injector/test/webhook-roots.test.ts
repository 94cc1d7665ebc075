import { rootsIn, rootsPatch } from "@osm/injector";
import { describe, expect, test } from "vitest";

const root = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;
const [one, two, three] = [root("one"), root("two"), root("three")];
const bundle = (...roots: readonly string[]): string => Buffer.from(roots.join("\n")).toString("base64");
const configuration = (...bundles: readonly (string | undefined)[]) => ({
  metadata: { name: "it", resourceVersion: "7" },
  webhooks: bundles.map((caBundle, at) => ({ name: `w${at}`, clientConfig: { service: { name: "osm-injector" }, ...(caBundle === undefined ? {} : { caBundle }) } })),
});
const isUnchanged = { op: "test", path: "/metadata/resourceVersion", value: "7" };
const written = (at: number, ...roots: readonly string[]) => ({ op: "add", path: `/webhooks/${at}/clientConfig/caBundle`, value: Buffer.from(roots.map((each) => `${each}\n`).join("")).toString("base64") });

test("roots of a PEM text are read each once, whatever stands around them", () => {
  expect(rootsIn(`subject: one\n${one}\n\n${two}\n${one}\n`)).toEqual([one, two]);
  expect(rootsIn("none")).toEqual([]);
});

describe("a webhook configuration", () => {
  test("that names no roots gets them in every entry, unless somebody writes meanwhile", () => {
    expect(rootsPatch(configuration(undefined, undefined), [one, two], "exactly")).toEqual([isUnchanged, written(0, one, two), written(1, one, two)]);
  });

  test("is left alone where it names them, in whatever order", () => {
    for (const wish of ["exactly", "at least"] as const) expect(rootsPatch(configuration(bundle(two, one)), [one, two], wish)).toEqual([]);
  });

  test("is mended where one entry lacks one, and nowhere else", () => {
    expect(rootsPatch(configuration(bundle(one), bundle(two)), [two], "at least")).toEqual([isUnchanged, written(0, two, one)]);
  });

  test("loses other roots only to a replica whose own have just changed", () => {
    expect(rootsPatch(configuration(bundle(one, two, three)), [three], "at least")).toEqual([]);
    expect(rootsPatch(configuration(bundle(one, two, three)), [three], "exactly")).toEqual([isUnchanged, written(0, three)]);
  });

  test("with a bundle that is none is written to", () => {
    expect(rootsPatch(configuration("bm90aGluZw=="), [one], "at least")).toEqual([isUnchanged, written(0, one)]);
  });

  test("without entries is nothing to write to", () => {
    expect(rootsPatch(configuration(), [one], "exactly")).toEqual([]);
  });
});
