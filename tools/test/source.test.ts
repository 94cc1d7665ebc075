import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sourceOf } from "../cli-package/source.ts";

let tree = "";
const git = (...args: readonly string[]) => execFileSync("git", ["-C", tree, "-c", "user.name=a", "-c", "user.email=a@b", ...args], { encoding: "utf8", env: { ...process.env, GIT_COMMITTER_DATE: "2026-03-04T05:06:07Z" } }).trim();

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), "osm-source-"));
  git("init", "-q");
  writeFileSync(join(tree, "a"), "1");
  git("add", "a");
  git("commit", "-q", "-m", "a");
});
afterAll(() => rmSync(tree, { recursive: true }));

test("a program is of the commit that it was built from, and of its date, whenever it is built", async () => {
  expect(await sourceOf(tree, {})).toEqual({ commit: git("rev-parse", "--short=12", "HEAD"), date: "2026-03-04T05:06:07.000Z" });
  expect((await sourceOf(tree, { SOURCE_DATE_EPOCH: "1000000000" }))?.date).toBe("2001-09-09T01:46:40.000Z");
});

test("a tree with changes of its own is not taken for its commit", async () => {
  writeFileSync(join(tree, "b"), "2");
  expect((await sourceOf(tree, {}))?.commit).toMatch(/^[0-9a-f]{12}-changed$/);
});

test("outside of a checkout nobody knows the source", async () => {
  const folder = mkdtempSync(join(tmpdir(), "osm-no-source-"));
  expect(await sourceOf(folder, {})).toBeUndefined();
  rmSync(folder, { recursive: true });
});
