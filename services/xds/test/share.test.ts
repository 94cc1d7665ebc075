import { expect, test } from "vitest";
import { toHandOver } from "../src/share.ts";

test("a few at a time go from who has more than its share", () => {
  expect(toHandOver(1000, [0])).toBe(5);
  expect(toHandOver(12, [0, 0])).toBe(5);
});

test("near its share, alone, or with next to nothing, a replica hands over nothing", () => {
  expect(toHandOver(1000, [])).toBe(0);
  expect(toHandOver(500, [500])).toBe(0);
  expect(toHandOver(590, [410])).toBe(0);
  expect(toHandOver(3, [0])).toBe(0);
  expect(toHandOver(0, [1000])).toBe(0);
});

test("proxies that come back wherever chance takes them end up shared, and nobody goes to and fro", () => {
  let seed = 7;
  const chance = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
  const replicas = [1000, 0, 0];
  let moved = 0;
  let rounds = 0;
  const round = () => {
    const leaving = replicas.map((own, at) => toHandOver(own, replicas.toSpliced(at, 1)));
    for (const [at, count] of leaving.entries()) replicas[at] = (replicas[at] ?? 0) - count;
    const all = leaving.reduce((sum, count) => sum + count, 0);
    for (let each = 0; each < all; each++) {
      const to = Math.floor(chance() * replicas.length);
      replicas[to] = (replicas[to] ?? 0) + 1;
    }
    moved += all;
    return all;
  };
  while (round() > 0) rounds++;
  expect(Math.max(...replicas)).toBeLessThanOrEqual(400);
  expect(rounds).toBeLessThan(250);
  expect(moved).toBeLessThan(1250);
  // What one more replica brings is shared as well.
  replicas.push(0);
  while (round() > 0) rounds++;
  expect(Math.max(...replicas)).toBeLessThanOrEqual(300);
});
