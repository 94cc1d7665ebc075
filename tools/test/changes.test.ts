import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "..", "..", "changes");
const name = /^[a-z0-9]+(-[a-z0-9]+)*\.md$/;
const line = /^(new|changed|fixed|removed|security): \S.*\.\n$/;

test("every change is one line of a known kind", () => {
  const files = readdirSync(folder).filter((file) => file !== "README.md");
  const wrong = files.filter((file) => !name.test(file) || !line.test(readFileSync(join(folder, file), "utf8")));
  expect(files.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});
