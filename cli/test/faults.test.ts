import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFaults, type Faults } from "../src/dev/faults.ts";

const object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
let dir = "";
let file = "";
let faults: Faults;
let changed = Promise.withResolvers<void>();
const atFault = () => faults.all().map((each) => each.file);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "faults-"));
  file = join(dir, "a.yaml");
  writeFileSync(file, "x: [");
  changed = Promise.withResolvers<void>();
  faults = createFaults(() => changed.resolve());
  faults.add(file, { file: "a.yaml", line: 1, reason: "broken" });
  changed = Promise.withResolvers<void>();
});
afterEach(() => {
  faults[Symbol.dispose]();
  rmSync(dir, { recursive: true });
});

test("a file that is put back as it was is at fault no more", async () => {
  expect(atFault()).toEqual(["a.yaml"]);
  writeFileSync(file, object);
  await changed.promise;
  expect(atFault()).toEqual([]);
});

test("a file that is gone is at fault no more", async () => {
  rmSync(file);
  await changed.promise;
  expect(atFault()).toEqual([]);
});

test.each(["y: {", "", `${object}---\nnot: an object\n`])("a file that now holds %j is still at fault", async (text) => {
  const other = join(dir, "b.yaml");
  faults.add(other, { file: "b.yaml", line: 1, reason: "broken" });
  changed = Promise.withResolvers<void>();
  writeFileSync(file, text);
  // Both are looked at when anything in the folder is touched.
  writeFileSync(other, object);
  await changed.promise;
  expect(atFault()).toEqual(["a.yaml"]);
});
