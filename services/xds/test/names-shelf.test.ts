import { expect, test } from "vitest";
import { sharedNames } from "../src/names-shelf.ts";
import { newWorld } from "../src/world.ts";

test("equal names are one set, in one world; others are left alone", () => {
  const [world, other] = [newWorld(), newWorld()];
  const first = sharedNames(world, new Set(["cart", "mail"]));
  expect(sharedNames(world, new Set(["cart", "mail"]))).toBe(first);
  expect(sharedNames(other, new Set(["cart", "mail"]))).not.toBe(first);
  const alike = new Set(["cart", "desk"]);
  expect(sharedNames(world, alike)).toBe(alike);
  expect(alike).toEqual(new Set(["cart", "desk"]));
  expect(first).toEqual(new Set(["cart", "mail"]));
});
