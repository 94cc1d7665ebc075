import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@osm/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openManifests, writeMember } from "../src/dev/own-manifests.ts";

let dir = "";
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), "own-manifests-"))));
afterEach(() => rmSync(dir, { recursive: true }));

test("a folder is watched where it is", async () => {
  await using own = await openManifests([dir, dir], join(dir, "own"));
  expect(own.folders).toEqual([dir]);
  expect(own.nameOf(join(dir, "a.yaml"))).toBe(join(dir, "a.yaml"));
});

test("of a file there is a copy, alone in its folder, that follows it however it is written", async () => {
  const file = join(dir, "a.yaml");
  writeFileSync(file, "one");
  writeFileSync(join(dir, "secret.yaml"), "not named");
  await using own = await openManifests([file], join(dir, "own"));
  const [folder = ""] = own.folders;
  const copy = join(folder, "a.yaml");
  expect(readdirSync(folder)).toEqual(["a.yaml"]);
  expect(readFileSync(copy, "utf8")).toBe("one");
  expect(own.nameOf(copy)).toBe(file);

  writeFileSync(file, "two");
  await eventually(() => expect(readFileSync(copy, "utf8")).toBe("two"));
  writeFileSync(join(dir, "draft"), "three");
  renameSync(join(dir, "draft"), file);
  await eventually(() => expect(readFileSync(copy, "utf8")).toBe("three"));
  rmSync(file);
  await eventually(() => expect(readdirSync(folder)).toEqual([]));
  writeFileSync(file, "four");
  await eventually(() => expect(readFileSync(copy, "utf8")).toBe("four"));
});

test("what is not there is not made, and what is no manifest is refused", async () => {
  await expect(openManifests([join(dir, "typo")], join(dir, "own"))).rejects.toThrow(`there is no file or folder ${join(dir, "typo")}`);
  writeFileSync(join(dir, "notes.txt"), "");
  await expect(openManifests([join(dir, "notes.txt")], join(dir, "own"))).rejects.toThrow("neither a folder nor a .yaml");
  expect(readdirSync(dir)).toEqual(["notes.txt"]);
});

test("a namespace is declared a member as `osm namespace add` does", async () => {
  mkdirSync(join(dir, "members"));
  await writeMember(join(dir, "members"), { mesh: "blue", namespace: "shop" });
  expect(JSON.parse(readFileSync(join(dir, "members/shop.json"), "utf8"))).toEqual({
    apiVersion: "v1", kind: "Namespace",
    metadata: { name: "shop", labels: { "openservicemesh.io/monitored-by": "blue" }, annotations: { "openservicemesh.io/sidecar-injection": "enabled" } },
  });
});
