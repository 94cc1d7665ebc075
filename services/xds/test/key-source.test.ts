import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseJwks, type JwkSet } from "@osm/pki";
import { manualClock } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keysFrom, keysFromFile } from "../src/key-source.ts";
import { createTokenKey, type TokenKey } from "./tokens.ts";

let dir = "";
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "osm-keys-"));
});
afterAll(() => rm(dir, { recursive: true }));

const [first, second] = [createTokenKey("first"), createTokenKey("second")];

async function source(name: string, ...keys: readonly TokenKey[]) {
  const path = join(dir, name);
  const write = (all: readonly TokenKey[]) => writeFile(path, JSON.stringify({ keys: all.map(({ jwk }) => jwk) }));
  if (keys.length > 0) await write(keys);
  const clock = manualClock(0);
  const { current, refreshed } = keysFromFile(path, clock.now);
  return { path, write, clock, current: async () => [...(await current()).keys()], refreshed: async () => [...(await refreshed()).keys()] };
}

test("keys are read once, and again when asked to, at most once a second", async () => {
  const keys = await source("rotated.json", first);
  expect(await keys.current()).toEqual(["first"]);
  await keys.write([first, second]);
  expect(await keys.current()).toEqual(["first"]);
  expect(await keys.refreshed()).toEqual(["first"]);
  keys.clock.advance(1000);
  expect(await keys.refreshed()).toEqual(["first", "second"]);
  expect(await keys.current()).toEqual(["first", "second"]);
});

test("a file that cannot be read leaves the last set", async () => {
  const keys = await source("broken.json", first);
  await keys.current();
  await writeFile(keys.path, "{");
  keys.clock.advance(1000);
  expect(await keys.refreshed()).toEqual(["first"]);
  await rm(keys.path);
  keys.clock.advance(1000);
  expect(await keys.refreshed()).toEqual(["first"]);
  await keys.write([second]);
  keys.clock.advance(1000);
  expect(await keys.refreshed()).toEqual(["second"]);
});

test("without a first set there is none, until there is", async () => {
  const keys = await source("late.json");
  await expect(keys.current()).rejects.toThrow("ENOENT");
  await keys.write([first]);
  // However many ask, what cannot be read is not asked for more than once a second.
  await expect(keys.current()).rejects.toThrow("ENOENT");
  await expect(keys.refreshed()).rejects.toThrow("ENOENT");
  keys.clock.advance(1000);
  expect(await keys.current()).toEqual(["first"]);
});

test("a key that the cluster has taken back is believed for five minutes at most", async () => {
  const keys = await source("taken-back.json", first, second);
  await keys.current();
  await keys.write([second]);
  keys.clock.advance(299_999);
  expect(await keys.current()).toEqual(["first", "second"]);
  keys.clock.advance(1);
  await keys.current();
  expect(await keys.refreshed()).toEqual(["second"]);
});

test("all who ask while keys are on their way wait for the same, and nobody waits who has some", async () => {
  const clock = manualClock(0);
  const asked: PromiseWithResolvers<JwkSet>[] = [];
  const keys = keysFrom(() => {
    const answer = Promise.withResolvers<JwkSet>();
    asked.push(answer);
    return answer.promise;
  }, clock.now);
  const waiting = [keys.current(), keys.refreshed(), keys.current()];
  expect(asked).toHaveLength(1);
  const set = parseJwks(JSON.stringify({ keys: [first.jwk] }));
  asked[0]?.resolve(set);
  expect(await Promise.all(waiting)).toEqual([set, set, set]);
  clock.advance(300_000);
  expect(await keys.current()).toBe(set);
  expect(asked).toHaveLength(2);
});
